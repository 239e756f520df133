//! Installs and uninstalls both plugins under load: `cargo xtask cycles`.

use std::process::ExitCode;

use semisync_tests::cycles;
use semisync_tests::servers::Plugins;

const USAGE: &str = "\
usage: cycles [N] [--plugins ours|stock]

Installs both plugins, lets commits be acknowledged, and uninstalls them, N times (1,000), while four
sessions commit; prints what the servers hold.
";

fn main() -> ExitCode {
    let (mut cycles, mut plugins) = (1_000, Plugins::Ours);
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut words = args.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match (word, word.parse()) {
            (_, Ok(number)) => cycles = number,
            ("--plugins", _) => match words.next() {
                Some("ours") => plugins = Plugins::Ours,
                Some("stock") => plugins = Plugins::Stock,
                _ => return usage(),
            },
            _ => return usage(),
        }
    }
    let report = cycles::run(plugins, cycles, |sample| println!("{sample:?}"));
    println!("\n{report}");
    let is_good = report.is_bounded() && u64::from(report.commits) == report.arrived;
    println!(
        "\n{}",
        if is_good {
            "as it must be"
        } else {
            "NOT as it must be"
        }
    );
    ExitCode::from(u8::from(!is_good))
}

fn usage() -> ExitCode {
    print!("{USAGE}");
    ExitCode::from(2)
}
