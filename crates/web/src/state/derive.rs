//! What is drawn, derived from the playback after each change.

use std::collections::BTreeSet;
use std::rc::Rc;

use semisync_sim::{ClusterView, ServerIndex};

use super::Model;
use super::names::Names;
use super::tape::Tape;

impl Model {
    /// Brings all derived data up to the play head.
    pub(super) fn derive(&mut self) {
        self.learn_clients();
        let trace = self.playback.trace();
        if !self.tape.is_prefix_of(trace) {
            self.tape = Rc::new(Tape::new(self.view.servers.len()));
        }
        if self.tape.marks.len() < trace.len() {
            Rc::make_mut(&mut self.tape).extend(trace, &self.names);
        }
        let view = self.playback.bench().cluster().view();
        if *self.view != view {
            let changed = changed_status(&self.view, &view);
            if !changed.is_empty() {
                self.changed = Rc::new(changed);
            }
            self.view = Rc::new(view);
        }
        self.teller
            .tell(&self.playback.trace()[..self.playback.marks()]);
        self.stories = self.teller.stories();
        self.derive_screens();
    }

    fn derive_screens(&mut self) {
        let bench = self.playback.bench();
        let same = bench.screens().count() == self.screens.len()
            && bench
                .screens()
                .all(|(at, screen)| self.screens.get(&at) == Some(screen));
        if !same {
            let screens = bench.screens().map(|(at, screen)| (at, screen.clone()));
            self.screens = Rc::new(screens.collect());
        }
        let unknown: Vec<_> = self
            .screens
            .keys()
            .filter(|at| !self.tabs.contains(at))
            .copied()
            .collect();
        if !unknown.is_empty() {
            let tabs = Rc::make_mut(&mut self.tabs);
            tabs.extend(unknown);
            tabs.sort();
        }
    }

    /// A connection that is new changes the names in sentences made before it was known: none, since
    /// it is known before its first mark is described.
    fn learn_clients(&mut self) {
        let known = |names: &Names, (key, _): &(_, _)| names.address(*key).is_some();
        let connections = self.playback.bench().connections();
        let new: Vec<_> = connections
            .filter(|pair| !known(&self.names, pair))
            .collect();
        if !new.is_empty() {
            let names = Rc::make_mut(&mut self.names);
            new.into_iter().for_each(|(key, at)| names.learn(key, at));
        }
    }
}

fn changed_status(before: &ClusterView, after: &ClusterView) -> BTreeSet<(ServerIndex, String)> {
    let mut changed = BTreeSet::new();
    for server in &after.servers {
        let old = before
            .servers
            .iter()
            .find(|other| other.index == server.index);
        let Some(old) = old.and_then(|old| old.source.as_ref()) else {
            continue;
        };
        let new = server
            .source
            .iter()
            .flat_map(|source| &source.status_variables);
        for (name, value) in new {
            let known = old.status_variables.iter().find(|(other, _)| other == name);
            if known.is_some_and(|(_, old)| old != value) {
                changed.insert((server.index, name.clone()));
            }
        }
    }
    changed
}
