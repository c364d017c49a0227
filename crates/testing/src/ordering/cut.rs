//! Lines that are cut at the moment of a commit.

use super::trial::Trial;
use super::{Line, Lost, Skip};
use crate::conformance::in_parallel;

const ROUNDS: usize = 20;

/// The append commits, and its answer does not arrive; its caller repeats it until one does.
pub(super) async fn an_append_whose_answer_is_lost_is_recorded_once(
    trial: Trial,
) -> Result<(), Skip> {
    cut_every_append(trial, Lost::Answer).await
}

/// The append does not arrive; its caller cannot know, and repeats it until there is an answer.
pub(super) async fn an_append_whose_request_is_lost_is_recorded_once_when_repeated(
    trial: Trial,
) -> Result<(), Skip> {
    cut_every_append(trial, Lost::Request).await
}

/// Of eight writers on one line, one is cut again and again; whatever shares its fate is repeated.
pub(super) async fn a_cut_amid_writers_loses_and_repeats_nothing_of_the_others(
    trial: Trial,
) -> Result<(), Skip> {
    let followers = trial.follow_in_every_manner("Cut");
    let (near, line) = trial.cuttable().await?;
    let writers = (0..8).map(|writer| {
        let near = near.clone();
        async move {
            for _ in 0..ROUNDS {
                let append = near.new_append(&format!("Writer-{writer}"), 1);
                near.insist(append).await;
            }
        }
    });
    let cut = async {
        for round in 0..ROUNDS {
            let lost = [Lost::Request, Lost::Answer][round % 2];
            append_with_cut(&near, &*line, lost).await;
        }
    };
    tokio::join!(in_parallel(writers), cut);
    assert_eq!(line.cuts(), ROUNDS, "appends that were cut");
    trial.judge(followers).await;
    Ok(())
}

async fn cut_every_append(trial: Trial, lost: Lost) -> Result<(), Skip> {
    let followers = trial.follow_in_every_manner("Cut");
    let (near, line) = trial.cuttable().await?;
    for _ in 0..ROUNDS {
        append_with_cut(&near, &*line, lost).await;
        trial.record("Writer-1", 1).await;
    }
    assert_eq!(line.cuts(), ROUNDS, "appends that were cut");
    trial.judge(followers).await;
    Ok(())
}

async fn append_with_cut(near: &Trial, line: &dyn Line, lost: Lost) {
    let append = near.new_append("Cut-1", 2);
    line.cut(&append, lost);
    near.insist(append).await;
}
