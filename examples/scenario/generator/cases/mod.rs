//! One file a scenario.

mod denied_evidence;
mod dynamodb_throttled_deploy;
mod ec2_cpu_stress;
mod healthy_false_alarm;
mod lambda_test_exceptions;
mod lambda_throttled_surge;
mod order_intake_bad_deploy;
mod s3_access_denied;

use super::{draft::Draft, neighbours};

/// All scenarios, finished.
pub fn all() -> Vec<Draft> {
    let mut drafts = vec![
        denied_evidence::draft(),
        dynamodb_throttled_deploy::draft(),
        ec2_cpu_stress::draft(),
        healthy_false_alarm::draft(),
        lambda_test_exceptions::draft(),
        lambda_throttled_surge::draft(),
        order_intake_bad_deploy::draft(),
        s3_access_denied::draft(),
    ];
    drafts.iter_mut().for_each(neighbours::stacks);
    drafts
}
