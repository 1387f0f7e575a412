//! What a figure has to reach, and what it reached.

/// One line of the page's last table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Goal {
    /// What is measured.
    pub(crate) measure: &'static str,
    parts: Vec<Part>,
}

/// One figure of a measure.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    to_reach: String,
    reached: String,
    holds: bool,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A ratio, or anything else with two decimals.
    Ratio,
    /// A ratio that people know as one part of so many.
    Fraction,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Bytes, written as MiB.
    MebiBytes,
    /// Bytes, written as MB.
    MegaBytes,
    /// A number of things.
    Count,
}

impl Goal {
    /// A measure without figures.
    pub(crate) const fn new(measure: &'static str) -> Self {
        Self { measure, parts: Vec::new() }
    }

    /// Adds a figure that must not be larger than `limit`; `what` says which one it is, where there are several.
    #[must_use]
    pub(crate) fn at_most(self, what: &str, limit: f64, reached: f64, unit: Unit) -> Self {
        self.part("≤", what, limit, reached, reached <= limit, unit)
    }

    /// Adds a figure that must not be smaller than `limit`.
    #[must_use]
    pub(crate) fn at_least(self, what: &str, limit: f64, reached: f64, unit: Unit) -> Self {
        self.part("≥", what, limit, reached, reached >= limit, unit)
    }

    /// Adds something that has been reached by getting this far.
    #[must_use]
    pub(crate) fn done(mut self, what: &str) -> Self {
        self.parts.push(Part { to_reach: what.to_owned(), reached: "yes".to_owned(), holds: true });
        self
    }

    fn part(mut self, sign: &str, what: &str, limit: f64, reached: f64, holds: bool, unit: Unit) -> Self {
        let what = if what.is_empty() { String::new() } else { format!("{what} ") };
        let to_reach = format!("{what}{sign} {}", unit.limit(limit));
        self.parts.push(Part { to_reach, reached: unit.reached(reached), holds });
        self
    }

    /// What to reach.
    pub(crate) fn to_reach(&self) -> String {
        self.joined(|part| part.to_reach.clone())
    }

    /// What was reached; figures that miss their goal say so.
    pub(crate) fn reached(&self) -> String {
        self.joined(
            |part| {
                if part.holds { part.reached.clone() } else { format!("**{}, missed**", part.reached) }
            },
        )
    }

    fn joined(&self, text: impl Fn(&Part) -> String) -> String {
        self.parts.iter().map(text).collect::<Vec<_>>().join("; ")
    }
}

impl Unit {
    fn limit(self, value: f64) -> String {
        match self {
            Self::Fraction => format!("1/{:.0}", 1.0 / value),
            Self::Count => format!("{value:.0}"),
            Self::MebiBytes | Self::MegaBytes => self.with_unit(&format!("{:.0}", self.scaled(value))),
            _ => self.with_unit(&format!("{value}")),
        }
    }

    fn reached(self, value: f64) -> String {
        let scaled = self.scaled(value);
        match self {
            Self::Fraction => format!("1/{:.1}", 1.0 / value),
            Self::Count => format!("{value:.0}"),
            Self::Ratio | Self::Seconds => self.with_unit(&format!("{scaled:.2}")),
            Self::Milliseconds | Self::MebiBytes | Self::MegaBytes => self.with_unit(&format!("{scaled:.0}")),
        }
    }

    fn scaled(self, value: f64) -> f64 {
        match self {
            Self::MebiBytes => value / 1_048_576.0,
            Self::MegaBytes => value / 1e6,
            _ => value,
        }
    }

    fn with_unit(self, number: &str) -> String {
        let unit = match self {
            Self::Seconds => " s",
            Self::Milliseconds => " ms",
            Self::MebiBytes => " MiB",
            Self::MegaBytes => " MB",
            Self::Ratio | Self::Fraction | Self::Count => "",
        };
        format!("{number}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_that_misses_its_goal_says_so() {
        let goal = Goal::new("wall").at_most("inherited", 1.05, 0.934, Unit::Ratio).at_most(
            "default",
            0.85,
            0.851,
            Unit::Ratio,
        );
        assert_eq!(goal.to_reach(), "inherited ≤ 1.05; default ≤ 0.85");
        assert_eq!(goal.reached(), "0.93; **0.85, missed**");
    }

    #[test]
    fn figures_are_written_in_the_unit_of_their_goal() {
        let mebibytes = |mebibytes: u32| f64::from(mebibytes << 20);
        let goal = Goal::new("several")
            .at_most("", 0.2, 0.16, Unit::Fraction)
            .at_most("peak", mebibytes(256), mebibytes(158), Unit::MebiBytes)
            .at_least("row groups", 64e6, 70e6, Unit::MegaBytes)
            .at_most("", 40.0, 33.0, Unit::Count)
            .at_most("", 60.0, 41.4, Unit::Milliseconds)
            .at_most("", 2.0, 1.5, Unit::Seconds)
            .done("completes");
        assert_eq!(
            goal.to_reach(),
            "≤ 1/5; peak ≤ 256 MiB; row groups ≥ 64 MB; ≤ 40; ≤ 60 ms; ≤ 2 s; completes"
        );
        assert_eq!(goal.reached(), "1/6.2; 158 MiB; 70 MB; 33; 41 ms; 1.50 s; yes");
    }
}
