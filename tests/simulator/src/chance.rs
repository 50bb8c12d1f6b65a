//! Seeded chance, in the shapes that traces need.

use mote_mutator::Random;

/// A source of chance.
#[derive(Debug, Clone)]
pub(crate) struct Chance(Random);

/// Which worker gets an event, where the one of rank `r` gets it `1 / r` as often as the first (Zipf's law).
#[derive(Debug, Clone)]
pub(crate) struct Zipf {
    /// The part of all events that the workers up to this rank get.
    up_to: Vec<f64>,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Random::new(seed))
    }

    /// Below this bound, each as likely.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.below(bound)
    }

    /// From 0 to below 1.
    pub(crate) fn unit(&mut self) -> f64 {
        self.0.below(1 << 52) as f64 / (1_u64 << 52) as f64
    }

    /// From one number to another.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// With this mean, as the time between two of many independent events has it.
    pub(crate) fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }
}

impl Zipf {
    pub(crate) fn new(workers: usize) -> Self {
        let mut sum = 0.0;
        let mut up_to: Vec<f64> = (1..=workers)
            .map(|rank| {
                sum += 1.0 / rank as f64;
                sum
            })
            .collect();
        up_to.iter_mut().for_each(|part| *part /= sum);
        Self { up_to }
    }

    /// A rank, from 0.
    pub(crate) fn rank(&self, chance: &mut Chance) -> usize {
        let at = chance.unit();
        self.up_to.partition_point(|part| *part <= at).min(self.up_to.len().saturating_sub(1))
    }
}

/// Whole microseconds of a number that may be none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float saturates, and that is meant"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_many_gets_what_zipf_says() {
        let (zipf, mut chance) = (Zipf::new(1_000), Chance::new(1));
        let mut counts = vec![0_u32; 1_000];
        for _ in 0..100_000 {
            counts[zipf.rank(&mut chance)] += 1;
        }
        // The thousandth harmonic number is 7.485.
        assert!((12_900..13_800).contains(&counts[0]), "{}", counts[0]);
        assert!((6_400..6_950).contains(&counts[1]), "{}", counts[1]);
        assert!(counts[999] < 40, "{}", counts[999]);
    }

    #[test]
    fn numbers_keep_their_mean_and_bounds() {
        let mut chance = Chance::new(2);
        let mean = (0..100_000).map(|_| chance.exponential(5.0)).sum::<f64>() / 100_000.0;
        assert!((4.9..5.1).contains(&mean), "{mean}");
        assert!((0..10_000).all(|_| (2.0..3.0).contains(&chance.between(2.0, 3.0))));
        assert_eq!((whole(f64::NAN), whole(-1.0), whole(2.9)), (0, 0, 2));
    }
}
