//! Measures our plugins beside the stock ones: `cargo xtask bench-server`.

use std::process::ExitCode;

use semisync_tests::bench::{Line, Plan, carry_out, median};

const USAGE: &str = "\
usage: bench-server [--quick | --one]

Commits per second, latency and processor time of a source with our plugins, with the stock ones and
with none, in turn, on fresh servers: 1, 8 and 64 clients, 1 and 4 replicas, both wait points, without
and with syncing every commit to the disk. Takes a quarter of an hour on a quiet machine; --quick one
minute. --one has one client, one replica and AFTER_SYNC only, in forty short rounds: for seeing a small difference.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let plan = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Plan::full(),
        ["--quick"] => Plan::quick(),
        ["--one"] => Plan::one(),
        _ => {
            print!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    println!(
        "{} rounds, {} ms for each measurement\n\n{}",
        plan.rounds,
        plan.time.as_millis(),
        Line::HEAD
    );
    let lines = carry_out(&plan, |line| println!("{line}"));
    let reached = lines.iter().filter(|line| is_reached(line)).count();
    println!(
        "\nThe target (ours / stock at least 1.00, at one client at least 1.05) is reached in {reached} of {} lines.",
        lines.len()
    );
    ExitCode::SUCCESS
}

fn is_reached(line: &Line) -> bool {
    let target = if line.clients() == 1 { 1.05 } else { 1.0 };
    target <= median(line.speed_ratios())
}
