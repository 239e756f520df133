//! Lines of the table.

use std::fmt;

use super::measure::Measurement;
use super::stage::{Arm, Setting};

/// All measurements of one setting and number of clients.
#[derive(Clone, Debug)]
pub struct Line {
    setting: Setting,
    clients: usize,
    ours: Vec<Measurement>,
    stock: Vec<Measurement>,
    asynchronous: Vec<Measurement>,
}

impl Line {
    /// Without measurements.
    pub fn new(setting: Setting, clients: usize) -> Line {
        Line {
            setting,
            clients,
            ours: Vec::new(),
            stock: Vec::new(),
            asynchronous: Vec::new(),
        }
    }

    /// Adds a measurement.
    pub fn add(&mut self, arm: Arm, measurement: Measurement) {
        match arm {
            Arm::Ours => self.ours.push(measurement),
            Arm::Stock => self.stock.push(measurement),
            Arm::Asynchronous => self.asynchronous.push(measurement),
        }
    }

    /// Sessions that committed at the same time.
    pub fn clients(&self) -> usize {
        self.clients
    }

    /// Our commits per second divided by the stock ones, for each round, sorted.
    pub fn speed_ratios(&self) -> Vec<f64> {
        self.ratios(|measurement| measurement.per_second)
    }

    /// The lines above [`Line`]'s own.
    pub const HEAD: &str = "\
| replicas | wait point | durable | clients | commits/s ours | stock | asynchronous | \
ours / stock (lowest to highest) | p50 µs ours | stock | p99 µs ours | stock | \
source CPU µs a commit ours | stock | asynchronous | CPU ours / stock |\n\
|--:|---|---|--:|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|";

    fn ratios(&self, value: fn(&Measurement) -> f64) -> Vec<f64> {
        let pairs = self.ours.iter().zip(&self.stock);
        let mut ratios: Vec<f64> = pairs
            .map(|(ours, stock)| value(ours) / value(stock))
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let middle = |arm: &[Measurement], value: fn(&Measurement) -> f64| {
            median(arm.iter().map(value).collect())
        };
        let speed: fn(&Measurement) -> f64 = |measurement| measurement.per_second;
        let p50: fn(&Measurement) -> f64 = |measurement| measurement.p50_us;
        let p99: fn(&Measurement) -> f64 = |measurement| measurement.p99_us;
        let cpu: fn(&Measurement) -> f64 = |measurement| measurement.cpu_us;
        let ratios = self.speed_ratios();
        write!(
            f,
            "| {} | {} | {} | {} | {:.0} | {:.0} | {:.0} | **{:.2}** ({:.2} to {:.2}) \
             | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.2} |",
            self.setting.replicas,
            self.setting.wait_point,
            if self.setting.is_durable { "yes" } else { "no" },
            self.clients,
            middle(&self.ours, speed),
            middle(&self.stock, speed),
            middle(&self.asynchronous, speed),
            median(ratios.clone()),
            ratios[0],
            ratios[ratios.len() - 1],
            middle(&self.ours, p50),
            middle(&self.stock, p50),
            middle(&self.ours, p99),
            middle(&self.stock, p99),
            middle(&self.ours, cpu),
            middle(&self.stock, cpu),
            middle(&self.asynchronous, cpu),
            median(self.ratios(cpu)),
        )
    }
}

/// The middle of some values.
///
/// # Panics
/// When there are none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match values.len() % 2 {
        1 => values[half],
        _ => f64::midpoint(values[half - 1], values[half]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        let is = |values: &[f64], expected: f64| {
            let found = median(values.to_vec());
            assert!((found - expected).abs() < 1e-9, "{values:?}: {found}");
        };
        is(&[3.0], 3.0);
        is(&[9.0, 1.0, 2.0], 2.0);
        is(&[1.0, 4.0, 2.0, 9.0], 3.0);
    }
}
