//! Robust statistics: location and spread that outliers do not move, and scores that stay finite.
//!
//! Source: Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", JASA 88 (1993); Hyndman and Fan,
//! "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996), definition 7.

/// Makes the median absolute deviation an estimate of the standard deviation of a normal distribution.
pub const MAD_SCALE: f64 = 1.4826;

/// No score is larger than this. Beyond it a larger number says nothing more: the value is simply elsewhere.
pub const SCORE_CAP: f64 = 50.0;

/// The finite values in ascending order.
pub fn sorted(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut finite: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    finite
}

/// The `q` quantile (0 to 1) of values in ascending order, interpolated linearly; none without values.
pub fn quantile_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let low = *sorted.get(below)?;
    let high = sorted.get(below + 1).copied().unwrap_or(low);
    Some(low + (high - low) * (place - below as f64))
}

/// The `q` quantile (0 to 1) of the finite values, interpolated linearly; none without values.
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    quantile_sorted(&sorted(values.iter().copied()), q)
}

/// The median of the finite values; none without values.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The arithmetic mean of the finite values; none without values.
pub fn mean(values: &[f64]) -> Option<f64> {
    let (sum, count) = values
        .iter()
        .filter(|v| v.is_finite())
        .fold((0.0, 0_usize), |(sum, count), v| (sum + v, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// The median absolute deviation from the median, scaled to a standard deviation (unit of the values).
pub fn mad(values: &[f64]) -> Option<f64> {
    let centre = median(values)?;
    let deviations: Vec<f64> = values.iter().map(|v| (v - centre).abs()).collect();
    Some(MAD_SCALE * median(&deviations)?)
}

/// The standard deviation that the middle four fifths of the values suggest (unit of the values).
///
/// Where more than half of the values are equal, as with counts that are mostly zero, the median absolute deviation is
/// zero; this one still sees the rest, and up to a tenth of outliers on either side do not move it.
pub fn decile_spread(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values.iter().copied());
    // 2.563 standard deviations lie between the first and the ninth decile of a normal distribution.
    Some((quantile_sorted(&sorted, 0.9)? - quantile_sorted(&sorted, 0.1)?) / 2.563)
}

/// `distance / spread`, held within ±[`SCORE_CAP`]; a spread of zero makes any distance a full score.
pub fn score(distance: f64, spread: f64) -> f64 {
    if distance == 0.0 || !distance.is_finite() {
        return 0.0;
    }
    if spread > 0.0 {
        (distance / spread).clamp(-SCORE_CAP, SCORE_CAP)
    } else {
        SCORE_CAP.copysign(distance)
    }
}

/// Probability that a Poisson variable of this mean is at least `count`.
///
/// Summed directly in logarithms below, and by the normal approximation with Wilson and Hilferty's cube root above a
/// mean of 1,000, where the sum grows long (error below 1e-4 of the probability's order there).
pub fn poisson_tail(mean: f64, count: f64) -> f64 {
    if count <= 0.0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    let count = count.ceil();
    if mean > 1000.0 {
        // P(Poisson(mean) >= k) = P(Gamma(k) <= mean), and the cube root of Gamma(k)/k is nearly normal.
        let z = ((mean / count).cbrt() - (1.0 - 1.0 / (9.0 * count))) * (9.0 * count).sqrt();
        return normal_cdf(z);
    }
    if count <= mean {
        return (1.0 - poisson_below(mean, count)).clamp(0.0, 1.0);
    }
    // The upper tail term by term: each is the one before times mean / k, so the sum converges geometrically.
    let mut term = (count * mean.ln() - mean - ln_factorial(count)).exp();
    let mut sum = 0.0;
    let mut k = count;
    while term > sum * 1e-12 && term > 0.0 {
        sum += term;
        k += 1.0;
        term *= mean / k;
    }
    sum.clamp(0.0, 1.0)
}

/// Probability that a Poisson variable is below `count`, for a count up to its mean: summed from the top down.
fn poisson_below(mean: f64, count: f64) -> f64 {
    let mut k = count - 1.0;
    let mut term = (k * mean.ln() - mean - ln_factorial(k)).exp();
    let mut sum = 0.0;
    while k >= 0.0 && term > sum * 1e-12 && term > 0.0 {
        sum += term;
        term *= k / mean;
        k -= 1.0;
    }
    sum
}

/// ln(n!), by Stirling's series with two correction terms above 20 (relative error below 1e-9).
fn ln_factorial(n: f64) -> f64 {
    if n < 20.5 {
        return (2..=n.max(0.0) as u32).map(|k| f64::from(k).ln()).sum();
    }
    n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3))
}

/// The standard normal distribution function, after Zelen and Severo (Abramowitz and Stegun 26.2.17; error < 7.5e-8).
pub fn normal_cdf(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let poly = t
        * (0.319_381_53
            + t * (-0.356_563_782 + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let upper = (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt() * poly;
    if z >= 0.0 { 1.0 - upper } else { upper }
}

/// Spearman's rank correlation of paired values, ties at their mean rank: -1 to 1; none below three pairs or where
/// one side never varies.
pub fn rank_correlation(pairs: &[(f64, f64)]) -> Option<f64> {
    if pairs.len() < 3 {
        return None;
    }
    let left = mean_ranks(&pairs.iter().map(|(a, _)| *a).collect::<Vec<_>>());
    let right = mean_ranks(&pairs.iter().map(|(_, b)| *b).collect::<Vec<_>>());
    let middle = f64::midpoint(pairs.len() as f64, 1.0);
    let (mut cross, mut square_left, mut square_right) = (0.0, 0.0, 0.0);
    for (a, b) in left.iter().zip(&right) {
        cross += (a - middle) * (b - middle);
        square_left += (a - middle).powi(2);
        square_right += (b - middle).powi(2);
    }
    let scale = (square_left * square_right).sqrt();
    (scale > 0.0).then(|| (cross / scale).clamp(-1.0, 1.0))
}

/// Rank of every value, from 1, ties at their mean rank.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        let end = start
            + order[start..]
                .iter()
                .take_while(|i| values[**i] == value)
                .count()
                .max(1);
        let rank = start as f64 + 0.5 * (end - start + 1) as f64;
        for index in &order[start..end] {
            ranks[*index] = rank;
        }
        start = end;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_interpolate_and_ignore_what_is_not_a_number() {
        assert_eq!(median(&[3.0, 1.0, f64::NAN, 2.0]), Some(2.0));
        assert_eq!(median(&[1.0, 2.0]), Some(1.5));
        assert_eq!(quantile(&[0.0, 10.0], 0.25), Some(2.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn one_outlier_does_not_move_the_spread() {
        let calm = mad(&[10.0, 11.0, 9.0, 10.0, 12.0, 8.0, 10.0]).unwrap();
        let hit = mad(&[10.0, 11.0, 9.0, 10.0, 12.0, 8.0, 1e9]).unwrap();
        assert!(hit <= 2.0 * calm, "{calm} {hit}");
    }

    #[test]
    fn a_flat_baseline_scores_the_cap_and_not_infinity() {
        assert_eq!(score(3.0, 0.0), SCORE_CAP);
        assert_eq!(score(-3.0, 0.0), -SCORE_CAP);
        assert_eq!(score(0.0, 0.0), 0.0);
    }

    #[test]
    fn poisson_tail_agrees_with_tables() {
        // 1 - e^-1 (1 + 1 + 1/2)
        assert!((poisson_tail(1.0, 3.0) - 0.080_301_4).abs() < 1e-6);
        assert!((poisson_tail(100.0, 131.0) - 0.001_716).abs() < 2e-4);
        assert!((poisson_tail(5.0, 1.0) - (1.0 - (-5.0_f64).exp())).abs() < 1e-9);
        // Both branches meet at their seam.
        let (sum, cube) = (poisson_tail(999.9, 1100.0), poisson_tail(1000.1, 1100.0));
        assert!((sum / cube - 1.0).abs() < 0.05, "{sum} {cube}");
    }

    proptest! {
        #[test]
        fn poisson_tail_falls_with_the_count(mean in 0.01..3000.0_f64, count in 0_u32..4000) {
            let (here, next) = (poisson_tail(mean, f64::from(count)), poisson_tail(mean, f64::from(count + 1)));
            prop_assert!((0.0..=1.0).contains(&here));
            prop_assert!(next <= here + 1e-9);
        }

        #[test]
        fn rank_correlation_sees_order_only(values in prop::collection::vec(-1e3..1e3_f64, 3..40)) {
            let pairs: Vec<_> = values.iter().map(|v| (*v, v.powi(3) + 2.0 * v)).collect();
            if let Some(r) = rank_correlation(&pairs) {
                prop_assert!((r - 1.0).abs() < 1e-9);
            }
        }
    }
}
