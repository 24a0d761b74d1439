//! Measured values as sentences write them.

/// A number for a person: three significant digits, no trailing zeros, thousands in words of SI.
pub fn number(value: f64) -> String {
    let size = value.abs();
    let (scaled, suffix) = match size {
        s if !s.is_finite() => return "?".to_owned(),
        s if s >= 1e9 => (value / 1e9, " G"),
        s if s >= 1e6 => (value / 1e6, " M"),
        s if s >= 1e4 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    let digits = match scaled.abs() {
        s if s >= 100.0 || s == 0.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        s if s >= 0.01 => 3,
        _ => 5,
    };
    let text = format!("{scaled:.digits$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    format!("{text}{suffix}")
}

/// A value with its CloudWatch unit, for a person.
pub fn measured(value: f64, unit: Option<&str>) -> String {
    match unit {
        Some("Percent") => format!("{} %", number(value)),
        Some("Seconds") if value.abs() < 1.0 => format!("{} ms", number(value * 1e3)),
        Some("Seconds") => format!("{} s", number(value)),
        Some("Milliseconds") if value.abs() >= 1e3 => format!("{} s", number(value / 1e3)),
        Some("Milliseconds") => format!("{} ms", number(value)),
        Some("Bytes") => format!("{}B", number(value).replace(' ', "")),
        _ => number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_easily() {
        assert_eq!(number(0.0), "0");
        assert_eq!(number(97.349), "97.3");
        assert_eq!(number(12_345.0), "12.3 k");
        assert_eq!(measured(0.0123, Some("Seconds")), "12.3 ms");
        assert_eq!(measured(41.0, Some("Count")), "41");
    }
}
