use mote_mutator::Random;

use super::*;

const RULES: AdmitRules =
    AdmitRules { start_share_max: 0.8, start_share_min: 0.2, window: Duration::from_secs(1), threads: 1 };

fn ms(ms: usize) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap())
}

fn start(worker: usize, cost: Duration) -> Start {
    Start { worker: u64::try_from(worker).unwrap(), cost }
}

/// Lets so many workers ask for starts of a cost, each so often in a second, over so many seconds and after a while of
/// settling. Gives for each group the parts of its wishes that were let in, and the mean share.
fn run(admission: &mut Admission, groups: &[(usize, Duration, usize)], seconds: usize) -> (Vec<f64>, f64) {
    let mut asked = vec![0_u32; groups.len()];
    let mut admitted = vec![0_u32; groups.len()];
    let (mut shares, mut looks) = (0.0, 0.0);
    let mut random = Random::new(5);
    for tick in 0..seconds * 1_000 {
        let now = ms(tick);
        let mut first = 0;
        for (group, (workers, cost, per_second)) in groups.iter().enumerate() {
            for worker in first..first + workers {
                if random.below(1_000) < *per_second {
                    let answer = admission.ask(start(worker, *cost), Memory::Full, now);
                    if tick >= 5_000 {
                        asked[group] += 1;
                        admitted[group] += u32::from(answer == Answer::Admit);
                    }
                }
            }
            first += workers;
        }
        if tick >= 5_000 {
            shares += admission.share(now);
            looks += 1.0;
        }
    }
    let parts = asked.iter().zip(&admitted).map(|(asked, admitted)| f64::from(*admitted) / f64::from(*asked));
    (parts.collect(), shares / looks)
}

#[test]
fn starts_take_their_share_and_no_more() {
    let mut admission = Admission::new(RULES);
    // 1,000 starts of 2 ms a second would be two cores.
    let (parts, share) = run(&mut admission, &[(400, ms(2), 3)], 20);
    assert!((0.7..0.85).contains(&share), "{share}");
    assert!((0.3..0.4).contains(&parts[0]), "a third of 2.4 cores: {parts:?}");
}

#[test]
fn starts_get_what_events_leave_and_never_nothing() {
    let share_beside = |events_ms: u64| {
        let mut admission = Admission::new(RULES);
        let mut share = 0.0;
        for tick in 0..6_000 {
            admission.served(Duration::from_micros(events_ms));
            admission.ask(start(tick % 400, ms(2)), Memory::Full, ms(tick));
            share = admission.share(ms(tick));
        }
        share
    };
    // Events that take no time, half of it, all of it, and more than there is.
    let shares = [0, 500, 1_000, 5_000].map(share_beside);
    for (share, expected) in shares.iter().zip([0.8, 0.35, 0.2, 0.2]) {
        assert!((share - expected).abs() < 0.02, "{shares:?}");
    }
}

#[test]
fn what_fits_into_the_share_is_never_turned_away() {
    let mut admission = Admission::new(RULES);
    let (parts, share) = run(&mut admission, &[(100, ms(3), 1)], 20);
    assert!((parts[0] - 1.0).abs() < f64::EPSILON, "{parts:?}");
    assert!((0.2..0.4).contains(&share), "{share}");
}

#[test]
fn dear_starts_take_nothing_from_cheap_ones() {
    let cheap = (100, ms(2), 2);
    let (alone, _) = run(&mut Admission::new(RULES), &[cheap], 30);
    // Ten workers that want five cores for starts of half a second.
    let (parts, _) = run(&mut Admission::new(RULES), &[cheap, (10, ms(500), 1)], 30);
    assert!((alone[0] - 1.0).abs() < f64::EPSILON, "{alone:?}");
    assert!(parts[0] > 0.99, "the cheap ones hardly notice: {parts:?}");
    assert!((0.01..0.3).contains(&parts[1]), "the dear ones get what is left: {parts:?}");
}

#[test]
fn one_that_starts_over_and_over_takes_nothing_from_the_others() {
    // One bucket asks for 500 starts of 4 ms a second: two cores.
    let (parts, _) = run(&mut Admission::new(RULES), &[(100, ms(4), 1), (1, ms(4), 500)], 30);
    assert!(parts[0] > 0.99, "{parts:?}");
    assert!((0.1..0.4).contains(&parts[1]), "{parts:?}");
}

#[test]
fn a_dear_start_does_not_starve_where_cheap_ones_alone_want_too_much() {
    // The cheap ones want 1.2 cores.
    let (parts, share) = run(&mut Admission::new(RULES), &[(200, ms(2), 3), (3, ms(300), 1)], 30);
    assert!(parts[0] > 0.5, "{parts:?}");
    assert!(parts[1] > 0.03, "{parts:?}");
    assert!(share < 1.1, "{share}");
}

#[test]
fn while_there_is_memory_everything_is_let_in_and_counted() {
    let mut admission = Admission::new(RULES);
    for worker in 0..1_000 {
        assert_eq!(admission.ask(start(worker, ms(10)), Memory::Left, ms(5)), Answer::Admit);
    }
    assert!((admission.share(ms(5)) - 10.0).abs() < 1e-6);
    let shed = admission.ask(start(1, ms(10)), Memory::Full, ms(5));
    assert!(matches!(shed, Answer::Shed { retry_after } if retry_after > ms(2_000)), "{shed:?}");
}

#[test]
fn who_comes_again_when_told_to_is_let_in() {
    let mut random = Random::new(3);
    for _ in 0..500 {
        let mut admission = Admission::new(RULES);
        let mut now = ms(random.below(100_000));
        for _ in 0..random.below(50) {
            let one = start(random.below(usize::MAX), ms(random.below(400)));
            admission.ask(one, Memory::Left, now);
            now += ms(random.below(20));
        }
        let one = start(random.below(usize::MAX), ms(1 + random.below(400)));
        match admission.ask(one, Memory::Full, now) {
            Answer::Admit => {}
            Answer::Shed { retry_after } => {
                let later = now + retry_after + ms(1);
                assert_eq!(admission.ask(one, Memory::Full, later), Answer::Admit, "after {retry_after:?}");
            }
        }
    }
}

#[test]
fn a_charge_is_put_right() {
    let mut admission = Admission::new(RULES);
    admission.ask(start(1, ms(500)), Memory::Full, ms(0));
    admission.settle(start(1, ms(500)), ms(20), ms(0));
    assert!((admission.share(ms(0)) - 0.02).abs() < 1e-9);
    admission.ask(start(2, ms(2)), Memory::Full, ms(0));
    admission.settle(start(2, ms(2)), ms(900), ms(0));
    assert!((admission.share(ms(0)) - 0.92).abs() < 1e-9);
    // More is given back than there is left: what has faded is not owed.
    admission.settle(start(2, ms(2_000)), ms(0), ms(1_000));
    assert!((0.0..0.02).contains(&admission.share(ms(1_000))));
}

#[test]
fn long_rests_and_clocks_that_jump_leave_a_number() {
    let mut admission = Admission::new(RULES);
    for now in [ms(0), Duration::MAX, ms(5), Duration::from_secs(31), Duration::from_secs(86_400 * 400)] {
        for worker in 0..2_000 {
            admission.ask(start(worker, Duration::from_secs(3_600)), Memory::Full, now);
            admission.settle(start(worker, Duration::ZERO), Duration::MAX, now);
        }
        assert!(admission.share(now).is_finite(), "{now:?}");
    }
}

#[test]
fn a_share_of_nothing_lets_nobody_in() {
    let mut admission = Admission::new(AdmitRules { start_share_max: 0.0, start_share_min: 0.0, ..RULES });
    let shed = admission.ask(start(1, ms(1)), Memory::Full, ms(0));
    assert!(matches!(shed, Answer::Shed { .. }));
}
