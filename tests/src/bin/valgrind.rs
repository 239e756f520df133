//! A source and a replica under valgrind's memcheck: `cargo xtask valgrind`.

use std::process::ExitCode;

use semisync_tests::servers::Plugins;
use semisync_tests::valgrind::{Report, run, run_control};

const USAGE: &str = "\
usage: valgrind [--plugins ours|stock] [--control]

Runs a source and a replica under memcheck through a life of both plugins (both wait points, a timeout,
disabling, reconnects over TLS and compressed, malformed ACKs, uninstalling twice), and prints what has a
plugin among its callers. --control: a source with a leak, which memcheck must see.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let is_good = match words[..] {
        [] | ["--plugins", "ours"] => play(Plugins::Ours),
        ["--plugins", "stock"] => play(Plugins::Stock),
        ["--control"] => {
            let found = run_control();
            println!("{}", found.of_the_plugin.join("\n\n"));
            !found.of_the_plugin.is_empty()
        }
        _ => {
            print!("{USAGE}");
            return ExitCode::from(2);
        }
    };
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

/// What the stock plugins do is shown, and judged by nobody.
fn play(plugins: Plugins) -> bool {
    let report = run(plugins);
    println!("{}\n{report}", Report::HEAD);
    plugins == Plugins::Stock || report.is_clean()
}
