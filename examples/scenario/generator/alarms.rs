//! Alarms whose transitions follow from their series, as CloudWatch's do.

use midwatch::model::{Alarm, AlarmState, Comparison, MissingData, Transition};

use super::{
    draft::{ACCOUNT, Draft, Metric},
    wave::{MINUTE, Wave, time},
};

/// A metric alarm of one-minute periods, `datum > threshold`.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'a> {
    /// Name.
    pub name: &'a str,
    /// What its owner wrote about it.
    pub description: &'a str,
    /// The watched series.
    pub of: Metric<'a>,
    /// Metric.
    pub metric: &'a str,
    /// Statistic.
    pub stat: &'a str,
    /// In the metric's unit.
    pub threshold: f64,
    /// Consecutive data that must breach it.
    pub periods: u32,
    /// When it was made, epoch seconds; none: weeks ago.
    pub created: Option<i64>,
}

impl Watch<'_> {
    /// Adds the alarm; its transitions follow from `wave`, some seconds after each datum is complete.
    pub fn add(self, draft: &mut Draft, wave: &Wave) {
        let rule = (Comparison::GreaterThanThreshold, MissingData::NotBreaching);
        self.add_as(draft, wave, rule);
    }

    /// As `add`, with another comparison and another meaning of missing data (a value that is not a number).
    pub fn add_as(self, draft: &mut Draft, wave: &Wave, (comparison, missing): (Comparison, MissingData)) {
        let mut rng = draft.rng(&format!("alarm {}", self.name));
        let long_ago = draft.grid.baseline.from - rng.whole(20, 90) * 86_400 - rng.whole(0, 86_400);
        let created = self.created.unwrap_or(long_ago);
        let mut state = AlarmState::Ok;
        let mut transitions = vec![Transition {
            at: time(created),
            from: AlarmState::InsufficientData,
            to: AlarmState::Ok,
            reason: format!(
                "Threshold Crossed: 1 datapoint was not {} the threshold ({:.1}).",
                words(comparison),
                self.threshold
            ),
        }];
        let mut breaching = 0;
        for (at, value) in wave.iter() {
            let over = if value.is_nan() {
                missing == MissingData::Breaching
            } else {
                comparison.breaches(value, self.threshold)
            };
            breaching = if over { breaching + 1 } else { 0 };
            let next = if breaching >= self.periods {
                AlarmState::Alarm
            } else if breaching == 0 {
                AlarmState::Ok
            } else {
                state
            };
            if next != state {
                transitions.push(Transition {
                    at: time(at + MINUTE + rng.whole(8, 40)),
                    from: state,
                    to: next,
                    reason: self.reason(comparison, at, value, next),
                });
                state = next;
            }
        }
        draft.alarms.push(Alarm {
            name: self.name.to_owned(),
            arn: Some(format!(
                "arn:aws:cloudwatch:{}:{ACCOUNT}:alarm:{}",
                draft.region, self.name
            )),
            description: Some(self.description.to_owned()),
            resource: Some(self.of.resource.into()),
            namespace: self.of.namespace.to_owned(),
            metric: self.metric.to_owned(),
            dimensions: self
                .of
                .dimensions
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            stat: self.stat.to_owned(),
            period: MINUTE as u32,
            threshold: self.threshold,
            comparison,
            evaluation_periods: self.periods,
            treat_missing: missing,
            transitions,
        });
    }

    /// In CloudWatch's words.
    fn reason(self, comparison: Comparison, at: i64, value: f64, to: AlarmState) -> String {
        let when = time(at).strftime("%d/%m/%y %H:%M:%S");
        let count = if to == AlarmState::Alarm { self.periods } else { 1 };
        let (noun, verb) = if count == 1 {
            ("datapoint", "was")
        } else {
            ("datapoints", "were")
        };
        if value.is_nan() {
            return format!(
                "Threshold Crossed: no datapoints were received for {count} {} and {count} missing {noun} {verb} treated as [Breaching].",
                if count == 1 { "period" } else { "periods" }
            );
        }
        let words = words(comparison);
        let not = if to == AlarmState::Alarm { "" } else { "not " };
        let change = if to == AlarmState::Alarm {
            "OK -> ALARM"
        } else {
            "ALARM -> OK"
        };
        format!(
            "Threshold Crossed: {count} {noun} [{:.1} ({when})] {verb} {not}{words} the threshold ({:.1}) (minimum {count} {noun} for {change} transition).",
            value, self.threshold
        )
    }
}

/// A comparison in CloudWatch's words.
const fn words(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::GreaterThanThreshold => "greater than",
        Comparison::GreaterThanOrEqualToThreshold => "greater than or equal to",
        Comparison::LessThanThreshold => "less than",
        Comparison::LessThanOrEqualToThreshold => "less than or equal to",
    }
}

/// An alarm on a function's errors a minute.
pub fn function_errors(draft: &mut Draft, function: &str, threshold: f64, periods: u32, errors: &Wave) {
    function_alarm(draft, function, "Errors", threshold, periods, errors);
}

/// An alarm on one of a function's counts a minute; its name is the function's and the metric's.
pub fn function_alarm(
    draft: &mut Draft,
    function: &str,
    metric: &str,
    threshold: f64,
    periods: u32,
    wave: &Wave,
) {
    let dimensions = [("FunctionName", function)];
    Watch {
        name: &format!("{function}-{}", metric.to_lowercase()),
        description: &format!("more than {threshold} {} a minute", metric.to_lowercase()),
        of: Metric {
            resource: function,
            namespace: "AWS/Lambda",
            dimensions: &dimensions,
        },
        metric,
        stat: "Sum",
        threshold,
        periods,
        created: None,
    }
    .add(draft, wave);
}
