//! What random labs once found: each file broke a property and does so no more.

use std::fs;
use std::path::Path;

use semisync_console::lab::{Lab, Player};
use semisync_sim::checkers::Checkers;

#[test]
fn no_lab_breaks_a_property_again() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/soak");
    let mut played = 0;
    for entry in fs::read_dir(&folder).expect("the folder of the labs") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("a text");
        let lab = Lab::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut player = Player::watched(lab, false, Checkers::new);
        while let Some(printed) = player.play_step() {
            printed.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        assert_eq!(player.violation(), None, "{}", path.display());
        played += 1;
    }
    assert!(0 < played);
}
