//! The story of one commit: what was promised to its client, by whom, and what became of it.

use std::collections::BTreeMap;
use std::rc::Rc;

use semisync_core::source::WaitOutcome;
use semisync_core::{BinlogPosition, Instant};
use semisync_sim::trace::{Answer, Lane};
use semisync_sim::{ServerIndex, SessionKey, TraceEvent, TraceKind, TransactionId};

use super::names::Names;
use super::narration::list;
use super::pace::spell;

/// What a client may rely on after its commit. Always shown with the same sign and colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// On its way to the binary log.
    Running,
    /// In the binary log, waiting for an ACK.
    Waiting,
    /// Replicas have it.
    Acknowledged,
    /// The wait timed out, or was cut short by a fallback.
    FallenBack,
    /// Committed while replication was asynchronous.
    Asynchronous,
    /// It is no longer there, or nobody knows.
    Lost,
    /// Taken back by the client or by an error.
    RolledBack,
}

impl Promise {
    /// The word beside the sign.
    pub fn word(self) -> &'static str {
        match self {
            Promise::Running => "running",
            Promise::Waiting => "waiting",
            Promise::Acknowledged => "acknowledged",
            Promise::FallenBack => "fallen back",
            Promise::Asynchronous => "asynchronous",
            Promise::Lost => "lost",
            Promise::RolledBack => "rolled back",
        }
    }
}

/// One commit, as far as the play head knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Which transaction.
    pub transaction: TransactionId,
    /// The server it was committed on first.
    pub origin: Lane,
    /// The first mark of it.
    pub first_mark: usize,
    /// The statement that committed it.
    pub statement: Option<String>,
    /// Its GTID.
    pub gtid: Option<String>,
    /// Its end in the source's binary log.
    pub position: Option<BinlogPosition>,
    /// When the statement was sent.
    pub began: Instant,
    /// When the client had its answer.
    pub answered: Option<Instant>,
    /// Replicas that acknowledged it before the client had its answer.
    pub acknowledged_by: Vec<ServerIndex>,
    /// Replicas whose ACK came when nobody waited for it any more.
    pub late: Vec<ServerIndex>,
    /// Replicas that applied it.
    pub applied_by: Vec<ServerIndex>,
    /// What was promised.
    pub promise: Promise,
    /// Its phases: what, when, which mark.
    pub phases: Vec<(&'static str, Instant, usize)>,
}

/// All commits of a trace, oldest first.
pub fn stories(trace: &[Rc<TraceEvent>]) -> Rc<Vec<Rc<Story>>> {
    let mut teller = Teller::default();
    teller.tell(trace);
    teller.stories()
}

/// Tells the stories of a trace that grows, is cut, or is looked at as far as some mark: it goes on
/// from the last place it knows, which is never far away.
#[derive(Clone, Debug, Default)]
pub struct Teller {
    now: Place,
    /// Places it has been at, [`SPACING`] marks apart.
    places: Vec<Place>,
}

/// What is told up to a mark.
#[derive(Clone, Debug, Default)]
struct Place {
    /// How many marks were heard.
    heard: usize,
    /// The last of them.
    last: Option<Rc<TraceEvent>>,
    told: Telling,
}

impl Place {
    /// Whether it lies on this trace.
    fn is_on(&self, trace: &[Rc<TraceEvent>]) -> bool {
        match (&self.last, self.heard.checked_sub(1)) {
            (Some(last), Some(index)) => trace.get(index).is_some_and(|it| Rc::ptr_eq(it, last)),
            _ => true,
        }
    }
}

impl Teller {
    /// The commits told.
    pub fn stories(&self) -> Rc<Vec<Rc<Story>>> {
        self.now.told.stories.clone()
    }

    /// Tells exactly this much.
    pub fn tell(&mut self, trace: &[Rc<TraceEvent>]) {
        let is_ahead = |place: &Place| !place.is_on(trace);
        // Places beyond the end of a shorter trace are kept: the longer one is looked at again.
        let mut before = self.places.iter().rev();
        let nearest = before.find(|place| place.heard <= trace.len() && !is_ahead(place));
        let goes_on =
            self.now.is_on(trace) && nearest.is_none_or(|place| place.heard <= self.now.heard);
        if !goes_on {
            self.now = nearest.cloned().unwrap_or_default();
        }
        for (mark, event) in trace.iter().enumerate().skip(self.now.heard) {
            self.now.told.hear(mark, event);
            self.now.heard = mark + 1;
            if self.now.heard.is_multiple_of(SPACING) {
                self.now.last = Some(event.clone());
                self.keep_place();
            }
        }
        self.now.last = trace.last().cloned();
    }

    fn keep_place(&mut self) {
        let heard = self.now.heard;
        let index = self.places.partition_point(|place| place.heard < heard);
        match self.places.get_mut(index) {
            Some(place) if place.heard == heard => *place = self.now.clone(),
            _ => self.places.insert(index, self.now.clone()),
        }
    }
}

impl Story {
    /// What the client's OK means, in one sentence.
    pub fn promise_sentence(&self, names: &Names) -> String {
        match self.promise {
            Promise::Running => "Nothing is promised yet: the client waits for its answer.".into(),
            Promise::Waiting => "It is in the source's binary log, and the source waits for a \
                replica to say that it is in its relay log too. Nothing is promised yet."
                .into(),
            Promise::Acknowledged => format!(
                "The OK promises that it is in the relay log of {}, received but perhaps not \
                 applied yet.",
                list(&self.acknowledged_by, names)
            ),
            Promise::FallenBack => "The client got OK, but no replica had confirmed in time: the \
                OK promises only the source's own binary log. If the source is lost now, this \
                commit may be lost too."
                .into(),
            Promise::Asynchronous => "Replication was asynchronous: the OK promises only the \
                source's own binary log."
                .into(),
            Promise::Lost => "It is no longer on the server that had it, or its client was never \
                told how it ended."
                .into(),
            Promise::RolledBack => "It was rolled back; nothing was written.".into(),
        }
    }

    /// From the statement to the answer.
    pub fn duration(&self) -> Option<String> {
        let answered = self.answered?;
        let micros = answered.saturating_since(self.began).as_micros();
        Some(spell(u64::try_from(micros).unwrap_or(u64::MAX)))
    }
}

#[derive(Clone, Debug, Default)]
struct Telling {
    stories: Rc<Vec<Rc<Story>>>,
    /// Where the story of a transaction stands.
    places: BTreeMap<TransactionId, usize>,
    /// The last statement of each client: mark, time, text.
    statements: Vec<(SessionKey, usize, Instant, String)>,
    /// Which transaction each client's statement wrote.
    owners: Vec<(SessionKey, TransactionId)>,
}

impl Telling {
    fn hear(&mut self, mark: usize, event: &TraceEvent) {
        match &event.kind {
            TraceKind::StatementSent { text, .. } => {
                if let Lane::Client(_, key) = event.lane {
                    self.statements.retain(|(other, ..)| *other != key);
                    self.owners.retain(|(other, _)| *other != key);
                    self.statements.push((key, mark, event.at, text.clone()));
                }
            }
            TraceKind::StatementAnswered { answer, .. } => self.answered(mark, event, answer),
            TraceKind::AckReceived { replica, position } => {
                self.acknowledged(mark, event.at, *replica, position);
            }
            TraceKind::CommitWaitStarted { position, .. } => {
                self.waits(mark, event.at, position);
            }
            TraceKind::CommitWaitEnded {
                position, outcome, ..
            } => self.wait_over(mark, event.at, position, *outcome),
            TraceKind::TransactionLost { gtid } => {
                let lost = |story: &Rc<Story>| story.gtid.as_ref() == Some(gtid);
                if let Some(index) = self.stories.iter().position(lost) {
                    self.story_at(index).promise = Promise::Lost;
                }
            }
            _ => {
                if let Some(transaction) = event.transaction {
                    self.phase(mark, event, transaction);
                }
            }
        }
    }

    fn phase(&mut self, mark: usize, event: &TraceEvent, transaction: TransactionId) {
        // An applier on a replica commits it again, which promises nothing to its client.
        let known = self.places.get(&transaction).copied();
        let copied = known.is_some_and(|index| self.stories[index].origin != event.lane);
        match &event.kind {
            kind if copied && !matches!(kind, TraceKind::Applied { .. }) => {}
            TraceKind::Prepared { session } => {
                self.story(mark, event, transaction, *session)
                    .phase("prepared", mark, event);
            }
            TraceKind::BinlogFlushed { position, gtid, .. } => {
                let story = self.story(mark, event, transaction, None);
                story.position = Some(position.clone());
                story.gtid.clone_from(gtid);
                story.promise = Promise::Asynchronous;
                story.phase("binary log written", mark, event);
            }
            TraceKind::BinlogSynced { .. } => {
                self.story(mark, event, transaction, None)
                    .phase("fsynced", mark, event);
            }
            TraceKind::EngineCommitted { .. } => {
                self.story(mark, event, transaction, None)
                    .phase("committed", mark, event);
            }
            TraceKind::RolledBack { session } => {
                let story = self.story(mark, event, transaction, Some(*session));
                story.promise = Promise::RolledBack;
                story.phase("rolled back", mark, event);
            }
            TraceKind::Applied { .. } => {
                if let (Lane::Server(replica), Some(index)) = (event.lane, known) {
                    let story = self.story_at(index);
                    story.applied_by.push(replica);
                    story.phase("applied on a replica", mark, event);
                }
            }
            _ => {}
        }
    }

    /// A wait is for a position: every commit up to it that is not over waits along.
    fn waits(&mut self, mark: usize, at: Instant, position: &BinlogPosition) {
        for index in self.open_up_to(position, Promise::Asynchronous) {
            let story = self.story_at(index);
            story.promise = Promise::Waiting;
            story.phases.push(("waits for ACK", at, mark));
        }
    }

    fn wait_over(
        &mut self,
        mark: usize,
        at: Instant,
        position: &BinlogPosition,
        outcome: WaitOutcome,
    ) {
        for index in self.open_up_to(position, Promise::Waiting) {
            let story = self.story_at(index);
            story.promise = match outcome {
                WaitOutcome::Acknowledged => Promise::Acknowledged,
                WaitOutcome::TimedOut | WaitOutcome::Asynchronous => Promise::FallenBack,
                WaitOutcome::NotWaited => Promise::Asynchronous,
            };
            story.phases.push(("wait over", at, mark));
        }
    }

    /// Recent commits up to a position that are not over and promise just this, latest first.
    fn open_up_to(&self, position: &BinlogPosition, promise: Promise) -> Vec<usize> {
        let is_open = |story: &Story| {
            let covered = story.position.as_ref().is_some_and(|end| end <= position);
            covered && story.answered.is_none() && story.promise == promise
        };
        let recent = self.stories.iter().enumerate().rev().take(RECENT);
        let open = recent.filter(|(_, story)| is_open(story));
        open.map(|(index, _)| index).collect()
    }

    fn acknowledged(
        &mut self,
        mark: usize,
        at: Instant,
        replica: ServerIndex,
        position: &BinlogPosition,
    ) {
        let is_new = |story: &Story| {
            let covers = story.position.as_ref().is_some_and(|end| end <= position);
            let known = story.acknowledged_by.contains(&replica) || story.late.contains(&replica);
            covers && !known
        };
        let recent = self.stories.iter().enumerate().rev().take(RECENT);
        let new: Vec<usize> = recent
            .filter(|(_, story)| is_new(story))
            .map(|(index, _)| index)
            .collect();
        for index in new {
            let story = self.story_at(index);
            if story.promise == Promise::Waiting {
                story.acknowledged_by.push(replica);
                story.phases.push(("ACK", at, mark));
            } else {
                story.late.push(replica);
            }
        }
    }

    fn answered(&mut self, _mark: usize, event: &TraceEvent, answer: &Answer) {
        let Lane::Client(_, key) = event.lane else {
            return;
        };
        let owned = self.owners.iter().find(|(other, _)| *other == key);
        let transaction = event
            .transaction
            .or(owned.map(|(_, transaction)| *transaction));
        let index = transaction.and_then(|it| self.places.get(&it).copied());
        if let Some(index) = index {
            let story = self.story_at(index);
            story.answered = Some(event.at);
            if *answer == Answer::LostConnection && story.promise != Promise::Acknowledged {
                story.promise = Promise::Lost;
            }
        }
    }

    /// The story of a transaction; one that is new is told from the last statement of its client on.
    fn story(
        &mut self,
        mark: usize,
        event: &TraceEvent,
        transaction: TransactionId,
        session: Option<SessionKey>,
    ) -> &mut Story {
        let known = self.places.get(&transaction).copied();
        let index = known.unwrap_or_else(|| {
            let mut statements = self.statements.iter();
            let statement = statements.find(|(key, ..)| Some(*key) == session);
            self.places.insert(transaction, self.stories.len());
            let story = Story {
                transaction,
                origin: event.lane,
                first_mark: statement.map_or(mark, |(_, mark, ..)| *mark),
                statement: statement.map(|(.., text)| text.clone()),
                gtid: None,
                position: None,
                began: statement.map_or(event.at, |(_, _, at, _)| *at),
                answered: None,
                acknowledged_by: Vec::new(),
                late: Vec::new(),
                applied_by: Vec::new(),
                promise: Promise::Running,
                phases: Vec::new(),
            };
            Rc::make_mut(&mut self.stories).push(Rc::new(story));
            if let Some((key, ..)) = statement {
                self.owners.push((*key, transaction));
            }
            self.stories.len() - 1
        });
        self.story_at(index)
    }

    /// A story to go on with; who looks at it keeps what it was.
    fn story_at(&mut self, index: usize) -> &mut Story {
        Rc::make_mut(&mut Rc::make_mut(&mut self.stories)[index])
    }
}

impl Story {
    fn phase(&mut self, what: &'static str, mark: usize, event: &TraceEvent) {
        self.phases.push((what, event.at, mark));
    }
}

const RECENT: usize = 64;

/// Marks between two places that are kept.
const SPACING: usize = 2_048;
