//! Killed at random under load, twenty times: every event that was acknowledged is in the journal once, nothing is there twice,
//! and every investigation ends.

use midwatch::journal::{Journal, VerifyOptions};

use crate::{
    serve::all_end,
    support::{
        double_aws::{DoubleAws, Reply},
        load::Senders,
        program::Program,
        serve::{Hook, Serve},
    },
};

const ROUNDS: usize = 20;
const SENDERS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_once_whenever_it_is_killed() {
    let aws = DoubleAws::start(|_, _| Reply::error(400, "AccessDeniedException", "not you"));
    let program = Program::new("").of_aws(aws.url()).cut_off();
    let hook = Hook::create(&program, &["orders", "--kind", "generic"]);
    let senders = Senders::start(hook, SENDERS, 1);
    let load = &senders.load;
    for _ in 0..ROUNDS {
        let serve = Serve::start(&program, &[]);
        load.turn(0, Some(serve.address));
        load.goes_on(&serve);
        load.turn(0, None);
        serve.kill();
    }
    let serve = Serve::start(&program, &[]);
    load.turn(0, Some(serve.address));
    let path = program.path("data/spaces/default/journal.sqlite");
    let journal = Journal::open(&path).await.unwrap();
    senders.end(&journal).await;
    for investigation in all_end(&journal, 1).await {
        assert!(investigation.end.is_some());
    }
    drop(serve);
    let report = journal.verify(&VerifyOptions::default()).await.unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}
