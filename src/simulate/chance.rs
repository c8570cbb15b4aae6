//! Chance as a value: the same seed gives the same numbers on every machine, for ever.

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014), as SplitMix64.
#[derive(Clone, Debug)]
pub struct Chance {
    state: u64,
}

impl Chance {
    /// The numbers of `seed`.
    pub fn new(seed: u64) -> Chance {
        Chance { state: seed }
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 where there is none. The bias of the remainder is of no matter here.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.draw() % limit.max(1)
    }

    /// A number from `from` up to `to`, itself included.
    pub fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from) + 1)
    }

    /// Whether it happens, `times` out of a thousand.
    pub fn in_thousand(&mut self, times: u64) -> bool {
        self.below(1_000) < times
    }

    /// One of `from`, which is not empty.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64) as usize;
        &from[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_numbers_it_has_always_given() {
        let mut chance = Chance::new(1_234_567);
        // The first numbers of the reference implementation for this seed.
        let numbers: Vec<u64> = (0..3).map(|_| chance.draw()).collect();
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn numbers_stay_within_what_was_asked() {
        let mut chance = Chance::new(0);
        for _ in 0..1_000 {
            assert!((3..=5).contains(&chance.between(3, 5)));
            assert_eq!(chance.below(0), 0);
        }
        assert!(!chance.in_thousand(0) && chance.in_thousand(1_000));
    }
}
