//! Plugins that come and go under load leave nothing behind.

use semisync_tests::cycles::run;
use semisync_tests::servers::Plugins;

#[test]
fn forty_times_installed_and_uninstalled_under_load() {
    let report = run(Plugins::Ours, 40, |_| {});
    println!("{report}");
    assert!(report.is_bounded(), "{report}");
    assert_eq!(u64::from(report.commits), report.arrived);
}
