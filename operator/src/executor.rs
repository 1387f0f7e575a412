//! The room that owns Jobs: what a Job for a piece of work looks like, how it is created and deleted, and what its
//! state and its pods say about the work.
//!
//! ```text
//! Work ── render ──► Job ── launch ──► API server
//! Job + pods ── Startup (has it begun?) / Verdict (how did it end?) ──► run, inspection
//! ```

mod end_reason;
mod environment;
mod job;
mod launch;
mod names;
mod slots;
mod startup;
mod verdict;
mod work;

pub use end_reason::{EndReason, leaves_schedule_alone};
pub use job::render_job;
pub use launch::{Launched, delete_job, is_at_work, is_owned_by, launch};
pub use names::{inspection_job_name, run_job_name, scheduled_run_name};
pub use slots::Slots;
pub use startup::{Startup, startup};
pub use verdict::{Verdict, attempts, has_active_pods, verdict};
pub use work::Work;
