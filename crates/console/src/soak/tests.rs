//! What the random labs find, how they shrink, and what they print.

use semisync_sim::checkers::{Checker, History};
use semisync_sim::{TraceEvent, TraceKind};

use super::*;

/// Never holds for long: for looking at what becomes of a finding.
struct TheSourceNeverFallsBack;

impl Checker for TheSourceNeverFallsBack {
    fn property(&self) -> &'static str {
        "the source never falls back"
    }

    fn observe(&mut self, _: &Cluster, _: &History, new: &[&TraceEvent]) -> Result<(), String> {
        let falls_back = |event: &&&TraceEvent| matches!(event.kind, TraceKind::SwitchedOff);
        match new.iter().find(falls_back) {
            Some(_) => Err("it has".to_owned()),
            None => Ok(()),
        }
    }

    fn at_rest(&mut self, _: &Cluster, _: &History) -> Result<(), String> {
        Ok(())
    }
}

/// Finds something within these seeds, makes it short, and plays the file as anybody would.
#[track_caller]
fn finds(soak: &Soak, seeds: std::ops::Range<u64>, property: &str, most_steps: usize) -> Finding {
    let mut findings = seeds.filter_map(|seed| soak.run(seed).finding);
    let found = findings.find(|finding| finding.property == property);
    let found = found.expect("one of the seeds breaks it");
    let short = soak.shrink(&found);
    let text = short.script.text();
    assert!(short.script.steps.len() <= most_steps, "{text}");
    let lab = Lab::parse(&text).expect("a lab");
    let mut player = Player::watched(lab, false, soak.checkers);
    while let Some(printed) = player.play_step() {
        printed.expect("every step is possible");
    }
    let violation = player.violation().expect("the lab shows it");
    assert_eq!(violation.property, property, "{text}");
    short
}

#[test]
fn random_clusters_keep_all_promises() {
    let soak = Soak::default();
    let mut events = 0;
    for seed in 0..60 {
        let report = soak.run(seed);
        assert_eq!(report.finding, None, "seed {seed}");
        events += report.events;
    }
    assert!(20_000 < events, "something happens: {events}");
}

#[test]
fn a_seed_can_be_repeated() {
    let soak = Soak {
        checkers: |cluster| Checkers::of(cluster, vec![Box::new(TheSourceNeverFallsBack)]),
        ..Soak::default()
    };
    let found = |seed| soak.run(seed).finding.map(|finding| finding.script);
    let seed = (0..20)
        .find(|seed| found(*seed).is_some())
        .expect("one falls back");
    assert_eq!(found(seed), found(seed));
    assert_ne!(soak.run(seed), soak.run(seed + 1));
}

#[test]
fn what_is_found_becomes_a_short_lab_that_shows_it() {
    let soak = Soak {
        checkers: |cluster| Checkers::of(cluster, vec![Box::new(TheSourceNeverFallsBack)]),
        ..Soak::default()
    };
    finds(&soak, 0..20, "the source never falls back", 6);
}
/// Not so when the configuration is lax: for looking at what becomes of its lines.
struct NoCommitIsTakenBack;

impl Checker for NoCommitIsTakenBack {
    fn property(&self) -> &'static str {
        "no commit is taken back"
    }

    fn observe(&mut self, _: &Cluster, _: &History, new: &[&TraceEvent]) -> Result<(), String> {
        let is_lost =
            |event: &&&TraceEvent| matches!(event.kind, TraceKind::TransactionLost { .. });
        match new.iter().find(is_lost) {
            Some(_) => Err("one was".to_owned()),
            None => Ok(()),
        }
    }

    fn at_rest(&mut self, _: &Cluster, _: &History) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn a_short_lab_keeps_the_setting_that_matters_and_no_other() {
    let soak = Soak {
        checkers: |cluster| Checkers::of(cluster, vec![Box::new(NoCommitIsTakenBack)]),
        ..Soak::default()
    };
    let short = finds(&soak, 0..60, "no commit is taken back", 6);
    let options = short.script.header.iter();
    let options: Vec<_> = options.filter(|line| line.starts_with("option")).collect();
    let [option] = options[..] else {
        panic!("one option: {options:?}");
    };
    let lax = ["sync_binlog", "innodb_flush_log_at_trx_commit"];
    assert!(lax.iter().any(|name| option.contains(name)), "{option}");
}

/// A source that takes an ACK of one replica for one of its neighbour too releases commits one ACK
/// early.
#[test]
fn a_source_that_releases_commits_early_is_found_and_made_short() {
    const FAULT: &str = "semisync_lab_counting_for_neighbour";
    let soak = Soak {
        options: &[FAULT],
        ..Soak::default()
    };
    let short = finds(&soak, 0..100, "no acknowledged commit is lost", 20);
    // Without the fault the same lab breaks nothing.
    let mut sound = short.script.clone();
    sound.header.retain(|line| !line.contains(FAULT));
    assert_ne!(sound, short.script);
    assert_eq!(Soak::default().judge(&sound), None, "{}", sound.text());
}
