//! Whose code is tried out next. A trial takes a process and up to a second of a core, so there are few at once; no account has
//! all of them, and where accounts wait, the one goes first that has fewest and has waited longest since its last one.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use tokio::sync::oneshot;

/// With one alone an account could not be kept from having all.
const TRIALS_MIN: usize = 2;

pub(super) struct Trials {
    at_once: usize,
    /// How many one account has at once.
    share: usize,
    accounts: RefCell<HashMap<String, Account>>,
    waiting: RefCell<Vec<Waiting>>,
    /// Counts trials that have begun.
    begun: Cell<u64>,
}

/// An account that has trials, or waits for one.
#[derive(Default)]
struct Account {
    under_way: usize,
    /// The number of the last trial that it began.
    last: u64,
}

struct Waiting {
    account: String,
    go: oneshot::Sender<Trial>,
}

/// The right to try out one worker, until it is dropped.
pub(in crate::api) struct Trial {
    of: Rc<Trials>,
    account: String,
}

impl Trials {
    pub(super) fn new(at_once: usize) -> Rc<Self> {
        let at_once = at_once.max(TRIALS_MIN);
        let (accounts, waiting) = (RefCell::default(), RefCell::default());
        Rc::new(Self { at_once, share: at_once / 2, accounts, waiting, begun: Cell::new(0) })
    }

    pub(super) async fn enter(self: &Rc<Self>, account: &str) -> Trial {
        loop {
            let (go, gone) = oneshot::channel();
            self.accounts.borrow_mut().entry(account.to_owned()).or_default();
            self.waiting.borrow_mut().push(Waiting { account: account.to_owned(), go });
            self.admit();
            if let Ok(trial) = gone.await {
                return trial;
            }
        }
    }

    /// Lets those go whose turn it is.
    fn admit(self: &Rc<Self>) {
        while let Some(Waiting { account, go }) = self.next() {
            // One that has left meanwhile gives it back.
            drop(go.send(Trial { of: self.clone(), account }));
        }
    }

    fn next(&self) -> Option<Waiting> {
        let (mut waiting, mut accounts) = (self.waiting.borrow_mut(), self.accounts.borrow_mut());
        waiting.retain(|one| !one.go.is_closed());
        accounts
            .retain(|name, account| account.under_way > 0 || waiting.iter().any(|one| one.account == *name));
        if accounts.values().map(|account| account.under_way).sum::<usize>() >= self.at_once {
            return None;
        }
        let rank =
            |one: &Waiting| accounts.get(&one.account).map(|account| (account.under_way, account.last));
        let candidates = waiting.iter().enumerate().filter_map(|(at, one)| Some((rank(one)?, at)));
        let ((under_way, _), at) = candidates.min()?;
        if under_way >= self.share {
            return None;
        }
        let chosen = waiting.remove(at);
        self.begun.set(self.begun.get() + 1);
        let account = accounts.entry(chosen.account.clone()).or_default();
        account.under_way += 1;
        account.last = self.begun.get();
        Some(chosen)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Some(account) = self.of.accounts.borrow_mut().get_mut(&self.account) {
            account.under_way = account.under_way.saturating_sub(1);
        }
        self.of.admit();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt, future::LocalBoxFuture};

    use super::*;

    type Entering = LocalBoxFuture<'static, Trial>;

    fn enter(trials: &Rc<Trials>, account: &'static str) -> Entering {
        let trials = trials.clone();
        let mut entering = async move { trials.enter(account).await }.boxed_local();
        // It waits from here on; one that need not wait is boxed again, as it was let in.
        match entering.as_mut().now_or_never() {
            Some(trial) => std::future::ready(trial).boxed_local(),
            None => entering,
        }
    }

    fn is_in(entering: &mut Entering) -> Option<Trial> {
        entering.as_mut().now_or_never()
    }

    #[test]
    fn an_account_that_tries_without_end_never_keeps_another_waiting() {
        let trials = Trials::new(2);
        let mut hog: Vec<_> = (0..100).map(|_| enter(&trials, "hog")).collect();
        let _held = is_in(&mut hog[0]).unwrap();
        assert!(hog[1..].iter_mut().all(|waiting| is_in(waiting).is_none()));
        for _ in 0..10 {
            assert!(is_in(&mut enter(&trials, "other")).is_some());
        }
    }

    #[test]
    fn who_came_last_is_not_behind_all_that_others_wait_for() {
        let trials = Trials::new(2);
        let (mut a, mut b): (Vec<_>, Vec<_>) =
            (0..10).map(|_| (enter(&trials, "a"), enter(&trials, "b"))).unzip();
        let (held_a, held_b) = (is_in(&mut a[0]).unwrap(), is_in(&mut b[0]).unwrap());
        let mut c = enter(&trials, "c");
        assert!(is_in(&mut c).is_none(), "both places are taken");
        drop(held_b);
        let held_c = is_in(&mut c).expect("it has had none yet");
        drop(held_c);
        let held_b = is_in(&mut b[1]).unwrap();
        drop((held_a, held_b));
        assert!(is_in(&mut a[1]).is_some() && is_in(&mut b[2]).is_some());
    }

    #[test]
    fn whoever_leaves_gives_back_what_he_has_and_what_he_waits_for() {
        let trials = Trials::new(4);
        for _ in 0..50 {
            let mut all: Vec<_> =
                ["a", "a", "a", "b", "b", "b", "c"].map(|account| enter(&trials, account)).into();
            let in_at_once = all.iter_mut().filter_map(is_in).collect::<Vec<_>>();
            assert_eq!(in_at_once.len(), 4);
            all.truncate(5);
            drop(all);
            drop(in_at_once);
        }
        assert!(trials.waiting.borrow().iter().all(|one| one.go.is_closed()));
        assert_eq!(trials.accounts.borrow().values().map(|account| account.under_way).sum::<usize>(), 0);
    }
}
