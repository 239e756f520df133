//! Sources killed under load: nothing that a client was told is lost, and what must be lost is.

use semisync_tests::crash::{Settings, Tally, WaitPoint, run};
use semisync_tests::servers::Plugins;

#[track_caller]
fn check(wait_point: WaitPoint) {
    let settings = Settings {
        plugins: Plugins::Ours,
        wait_point,
        rounds: 20,
        losses: 2,
        jobs: 1,
        seed: 4,
    };
    let tally = run(settings, |_| {});
    println!("{}\n{tally}", Tally::HEAD);
    assert!(tally.is_good(), "{tally:?}");
    assert!(0 < tally.told, "clients were told something");
    assert_eq!(
        tally.after_timeout,
        (2, 2),
        "losses after a timeout are seen"
    );
    assert_eq!(
        tally.before_ack,
        (2, 2),
        "crashes during a wait are seen as they must be"
    );
}

#[test]
fn nothing_acknowledged_is_lost_at_after_sync() {
    check(WaitPoint::AfterSync);
}

#[test]
fn nothing_acknowledged_is_lost_at_after_commit() {
    check(WaitPoint::AfterCommit);
}
