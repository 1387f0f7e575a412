//! The tables: inspections, schedules, history, conditions.
//!
//! ```text
//! observe (caches) → decide (pure) → act (API server)
//! ```

mod act;
mod decide;
mod findings;
mod history;
mod inspection;
mod locations;
mod observe;
mod schedule;

pub use act::reconcile;
pub use decide::{Creation, Plan, ScheduleTimes, decide, operation_status};
pub use findings::{CONFLICT, health, readiness};
pub use history::obsolete;
pub use inspection::{Inspection, fingerprint, inspection, recorded, services};
pub use locations::{Claim, Locations, TableKey};
pub use observe::{InspectionJob, Observed, PastRun, observe};
pub use schedule::{ScheduleError, Timetable};
