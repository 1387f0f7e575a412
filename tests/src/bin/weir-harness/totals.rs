//! The results that test runners printed.

/// Sums of the lines `test result: …`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Test binaries.
    pub(crate) runners: u64,
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Totals {
    /// Adds a line of output, if it is a result.
    pub(crate) fn add(&mut self, line: &str) {
        let Some(results) = line.trim().strip_prefix("test result: ") else { return };
        self.runners += 1;
        for result in results.split(['.', ';']) {
            let mut words = result.split_whitespace();
            let Some(Ok(count)) = words.next().map(str::parse::<u64>) else { continue };
            match words.next() {
                Some("passed") => self.passed += count,
                Some("failed") => self.failed += count,
                Some("ignored") => self.ignored += count,
                _ => {}
            }
        }
    }
}

impl std::fmt::Display for Totals {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = if self.failed == 0 { "ok" } else { "FAILED" };
        let Self { runners, passed, failed, ignored } = self;
        write!(
            formatter,
            "test result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; {runners} test binaries"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_the_results_of_several_runners() {
        let mut totals = Totals::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 7 filtered out; finished in 1.00s",
        ] {
            totals.add(line);
        }
        assert_eq!(totals, Totals { runners: 2, passed: 5, failed: 1, ignored: 1 });
    }
}
