//! The console at the far end of a slow link: the stream is shown more rarely, what is typed at once.

use std::time::{Duration, Instant};

use midwatch::{
    journal::{Body, body::Finding},
    model::Text,
};

use crate::support::{
    desk::Setting,
    night::{self, Until},
};

fn finding(number: u64) -> Body {
    Body::Finding(
        Finding {
            text: Text::from(format!(
                "finding {number} of a long night, with words to fill its line"
            )),
            observation: 1,
            resource: None,
            at: None,
        }
        .into(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_link_slows_the_stream_and_not_the_echo() {
    let journal = night::empty().await;
    let pen = night::bad_deploy(&journal, Until::Testing).await;
    let console = Setting {
        // Ten kilobytes a second: a satellite, or a modem of long ago.
        link: Some(10_000),
        ..Setting::large()
    }
    .open(&journal);
    console.shows("journal ok").await;
    console.press(&["3"]);
    console.rests().await;
    console.writes();
    let begun = Instant::now();
    let mut echoes = Vec::new();
    let mut number = 0;
    let mut said = String::new();
    for letter in "what-changed".chars() {
        said.push(letter);
        for _ in 0..20 {
            number += 1;
            pen.write(finding(number)).await;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        let typed = Instant::now();
        console.type_in(&letter.to_string());
        console.shows(&said).await;
        echoes.push(typed.elapsed());
    }
    let frames = console.writes().len() - echoes.len();
    let seconds = begun.elapsed().as_secs_f64();
    assert!(
        (frames as f64) < 5.0 * seconds,
        "{frames} stream frames in {seconds:.1} s over a slow link"
    );
    echoes.sort_unstable();
    // A frame that is under way has to leave first; none is larger than what the pane's half page costs.
    assert!(
        echoes[echoes.len() / 2] < Duration::from_millis(600),
        "{echoes:?}"
    );
    console.shows(&format!("finding {number} ")).await;
    assert!(console.text().contains("what-changed"));
}
