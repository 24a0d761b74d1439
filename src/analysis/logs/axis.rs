//! How many lines when: histograms of a fixed size over a time whose end is not known.
//!
//! All histograms share one axis. When a line lies beyond it, its slices become twice as wide; a histogram folds its own
//! slices together the next time it counts. So one pass is enough, and memory does not grow with time.

/// Slices of a histogram.
pub(super) const SLICES: usize = 64;

/// The shared axis.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Axis {
    origin: Option<i64>,
    base: i64,
    level: u8,
}

impl Axis {
    /// An axis whose slices are `base` wide at first.
    pub fn new(base: i64) -> Self {
        Self {
            origin: None,
            base: base.max(1),
            level: 0,
        }
    }

    /// The slice of a value; what lies before the first value counts as the first slice.
    pub fn slice(&mut self, value: i64) -> usize {
        let origin = *self.origin.get_or_insert(value);
        let distance = value.saturating_sub(origin).max(0);
        loop {
            let width = self
                .base
                .saturating_mul(1_i64.checked_shl(u32::from(self.level)).unwrap_or(i64::MAX));
            let slice = distance / width.max(1);
            if slice < SLICES as i64 || self.level >= 62 {
                return (slice as usize).min(SLICES - 1);
            }
            self.level += 1;
        }
    }
}

/// Lines by slice.
#[derive(Debug, Clone)]
pub(super) struct Histogram {
    level: u8,
    slices: [u32; SLICES],
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            level: 0,
            slices: [0; SLICES],
        }
    }
}

impl Histogram {
    /// Counts a line in `slice` of the axis as it is now.
    pub fn count(&mut self, slice: usize, axis: &Axis) {
        self.fold(axis.level);
        if let Some(count) = self.slices.get_mut(slice) {
            *count = count.saturating_add(1);
        }
    }

    fn fold(&mut self, level: u8) {
        while self.level < level {
            for slice in 0..SLICES / 2 {
                self.slices[slice] = self.slices[2 * slice].saturating_add(self.slices[2 * slice + 1]);
            }
            self.slices[SLICES / 2..].fill(0);
            self.level += 1;
        }
    }

    /// Adds another histogram of the same axis.
    pub fn add(&mut self, other: &Self, axis: &Axis) {
        self.fold(axis.level);
        let mut other = other.clone();
        other.fold(axis.level);
        for (own, more) in self.slices.iter_mut().zip(other.slices) {
            *own = own.saturating_add(more);
        }
    }

    /// The slices, as wide as those of the axis.
    pub fn slices(&self, axis: &Axis) -> [u32; SLICES] {
        let mut own = self.clone();
        own.fold(axis.level);
        own.slices
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_widen_and_no_line_is_lost() {
        let mut axis = Axis::new(1000);
        let (mut early, mut all) = (Histogram::default(), Histogram::default());
        for second in 0..100_000_i64 {
            let slice = axis.slice(5_000 + second * 1000);
            all.count(slice, &axis);
            if second < 100 {
                early.count(slice, &axis);
            }
        }
        let slices = all.slices(&axis);
        assert_eq!(slices.iter().sum::<u32>(), 100_000);
        assert!(slices.iter().filter(|n| **n > 0).count() > SLICES / 2 - 16);
        assert_eq!(early.slices(&axis)[0], 100);
        assert_eq!(axis.slice(0), 0);
        assert!(axis.slice(i64::MAX) < SLICES);
    }
}
