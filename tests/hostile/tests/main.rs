//! One trial for each hostile worker, named after its file, and two about all of them.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let (workers, wrong) = match mote_hostile::corpus() {
        Ok(workers) => (workers, None),
        Err(wrong) => (Vec::new(), Some(wrong)),
    };
    let spread = mote_hostile::spread(&workers);
    let mut trials: Vec<Trial> = workers
        .into_iter()
        .map(|worker| Trial::test(worker.name.clone(), move || Ok(mote_hostile::hold(&worker)?)))
        .collect();
    trials.push(Trial::test("every_file_of_the_corpus_says_what_it_tries", move || match wrong {
        Some(wrong) => Err(wrong.into()),
        None => Ok(()),
    }));
    let spread_in_cell = spread.clone();
    trials.push(Trial::test("a_process_outlives_one_hostile_worker_after_another", move || {
        Ok(mote_hostile::hold_together(&spread)?)
    }));
    trials.push(Trial::test("a_cell_outlives_one_hostile_worker_after_another", move || {
        Ok(mote_hostile::hold_in_a_cell(&spread_in_cell)?)
    }));
    libtest_mimic::run(&arguments, trials).exit_code()
}
