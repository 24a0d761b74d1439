//! Numbers that look random and are always the same.
//!
//! SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014). Each use takes its own
//! stream, named by the scenario and by words of its choice, so a new resource does not move the numbers of the others.
//! Only addition, multiplication, division and square roots are used: they are the same on every machine, `sin` and `ln`
//! are not.

/// The seed of all shipped scenarios: the letters of "midwatch".
const SEED: u64 = 0x6d69_6477_6174_6368;

/// A stream of numbers.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The stream named by `words`.
    pub fn named(words: &[&str]) -> Self {
        // FNV-1a over the words, a zero byte after each.
        let hash = words
            .iter()
            .flat_map(|word| word.bytes().chain([0]))
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        Self(SEED ^ hash)
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in [low, high).
    pub fn range(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// Uniform whole number in [low, high).
    pub fn whole(&mut self, low: i64, high: i64) -> i64 {
        low + (self.unit() * (high - low) as f64) as i64
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// About normal with mean 0 and deviation 1 (the sum of twelve uniforms).
    pub fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    /// A count with this mean: of many rare events when few are expected, about normal when many.
    pub fn count(&mut self, mean: f64) -> f64 {
        if mean <= 0.0 {
            0.0
        } else if mean < 40.0 {
            (0..120).filter(|_| self.unit() < mean / 120.0).count() as f64
        } else {
            (mean + mean.sqrt() * self.normal()).round().max(0.0)
        }
    }

    /// A duration around `typical` with a long tail to the right.
    pub fn duration(&mut self, typical: f64) -> f64 {
        let body = 0.7 + 0.5 * self.unit() * self.unit() + 0.2 * self.unit();
        let tail = if self.chance(0.03) {
            self.range(0.5, 2.5)
        } else {
            0.0
        };
        typical * (body + tail)
    }

    /// One of the items; the first when there is none to choose from.
    pub fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.whole(0, items.len() as i64) as usize]
    }

    /// So many characters out of an alphabet.
    pub fn word(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length)
            .map(|_| letters[self.whole(0, letters.len() as i64) as usize])
            .collect()
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        self.word("0123456789abcdef", length)
    }

    /// A version 4 UUID, as AWS uses for request ids.
    pub fn uuid(&mut self) -> String {
        let head = format!("{}-{}-4{}", self.hex(8), self.hex(4), self.hex(3));
        let variant = self.word("89ab", 1);
        format!("{head}-{variant}{}-{}", self.hex(3), self.hex(12))
    }

    /// An address out of the blocks for documentation (RFC 5737).
    pub fn address(&mut self) -> String {
        let block = self.pick(&["192.0.2", "198.51.100", "203.0.113"]);
        format!("{block}.{}", self.whole(1, 255))
    }
}
