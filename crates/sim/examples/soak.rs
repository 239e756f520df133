//! `cargo run --release -p semisync-sim --example soak -- FIRST COUNT`: random runs, watched.

fn main() {
    let mut numbers = std::env::args()
        .skip(1)
        .filter_map(|text| text.parse::<u64>().ok());
    let first = numbers.next().unwrap_or(0);
    let count = numbers.next().unwrap_or(100);
    let (mut events, mut faults) = (0, 0);
    for seed in first..first + count {
        match semisync_sim::soak::run(seed) {
            Ok(report) => {
                events += report.events;
                faults += report.faults;
            }
            Err(violation) => println!("seed {seed}: {violation}"),
        }
    }
    println!("{count} seeds, {events} events, {faults} faults");
}
