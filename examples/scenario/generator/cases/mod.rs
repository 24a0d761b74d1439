//! One file a scenario.

mod ec2_cpu_stress;
mod lambda_test_exceptions;

use super::{draft::Draft, neighbours};

/// All scenarios, finished.
pub fn all() -> Vec<Draft> {
    let mut drafts = vec![ec2_cpu_stress::draft(), lambda_test_exceptions::draft()];
    drafts.iter_mut().for_each(neighbours::stacks);
    drafts
}
