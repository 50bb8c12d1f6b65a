//! How often and how many at once the names of hosts are looked up.
//!
//! A look-up costs the node a thread, which waits for servers that the worker's owner may run, and costs those who run DNS a
//! question. So each tenant has a number of them for each minute and a few at once, and all together have fewer than the node
//! has threads: whoever asks for names that nobody answers for waits for himself. What was found is known for a few seconds:
//! many connections to one host are one look-up. Each connection is checked all the same.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use lru::LruCache;
use tokio::{sync::Semaphore, time::Instant};

use super::{connect::Resolve, policy::Refusal};

/// Look-ups of one tenant at once; further ones wait.
const AT_ONCE_MAX: usize = 32;
/// Look-ups of the whole node at once: half of the threads that tokio has for calls that wait, among them those for files.
const ALL_AT_ONCE_MAX: usize = 256;
const MINUTE: Duration = Duration::from_secs(60);
/// How long what was found is known. The system's resolver does not say how long it may be.
const KNOWN_FOR: Duration = Duration::from_secs(5);
/// Names of which one tenant's addresses are known.
const KNOWN_MAX: NonZeroUsize = NonZeroUsize::new(256).expect("it is not zero");
/// Addresses of a name that are kept; who has more has enough of them.
const ADDRESSES_MAX: usize = 64;

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Everybody's look-ups.
pub(super) struct Lookups {
    resolver: Arc<dyn Resolve>,
    all: Arc<Semaphore>,
    tenants: Mutex<HashMap<String, Arc<Account>>>,
}

/// One tenant's.
pub(super) struct Account {
    resolver: Arc<dyn Resolve>,
    all: Arc<Semaphore>,
    own: Arc<Semaphore>,
    per_min: AtomicU64,
    /// When all that was used is made up for.
    rested_at: Mutex<Instant>,
    /// By name, each with the time at which it was found.
    known: Mutex<LruCache<String, (Instant, Vec<IpAddr>)>>,
}

impl Lookups {
    pub(super) fn new(resolver: Arc<dyn Resolve>) -> Self {
        Self { resolver, all: Arc::new(Semaphore::new(ALL_AT_ONCE_MAX)), tenants: Mutex::default() }
    }

    /// The account of a tenant, one of whose workers may look up so many names in a minute. Of several workers the limit of the
    /// one counts that may most.
    pub(super) fn of(&self, tenant: &str, per_min: u64) -> Arc<Account> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = tenants.get(tenant) {
            account.per_min.fetch_max(per_min, Ordering::Relaxed);
            return account.clone();
        }
        let now = Instant::now();
        // Nobody can tell an account that has rested from a new one.
        tenants.retain(|_, account| Arc::strong_count(account) > 1 || !account.is_rested(now));
        let account = Arc::new(Account {
            resolver: self.resolver.clone(),
            all: self.all.clone(),
            own: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            per_min: AtomicU64::new(per_min),
            rested_at: Mutex::new(now),
            known: Mutex::new(LruCache::new(KNOWN_MAX)),
        });
        tenants.insert(tenant.to_owned(), account.clone());
        account
    }
}

impl Account {
    /// The addresses of a name, each with this port: those that are known, or those that a look-up finds, if there were not too
    /// many already.
    pub(super) async fn look_up(&self, name: String, port: u16) -> Result<Vec<SocketAddr>, Failed> {
        if let Some(known) = self.known(&name, port) {
            return Ok(known);
        }
        let own = self.own.clone().acquire_owned().await?;
        // Whoever was before this one may have asked for the same.
        if let Some(known) = self.known(&name, port) {
            return Ok(known);
        }
        self.take(Instant::now())?;
        let all = self.all.clone().acquire_owned().await?;
        let resolving = self.resolver.resolve(name.clone(), port);
        // A task of its own: the system's resolver cannot be called off. So it counts until it is done, also if nobody waits
        // for it any more.
        let looking = tokio::spawn(async move {
            let found = resolving.await;
            drop((own, all));
            found
        });
        let mut found = looking.await??;
        found.truncate(ADDRESSES_MAX);
        // A resolver that says another port would go around the rules for ports.
        found.iter_mut().for_each(|address| address.set_port(port));
        if !found.is_empty() {
            let addresses = found.iter().map(SocketAddr::ip).collect();
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.put(name, (Instant::now(), addresses));
        }
        Ok(found)
    }

    fn known(&self, name: &str, port: u16) -> Option<Vec<SocketAddr>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, addresses) = known.get(name)?;
        let is_fresh = at.elapsed() < KNOWN_FOR;
        is_fresh.then(|| addresses.iter().map(|address| SocketAddr::new(*address, port)).collect())
    }

    /// Takes one of the minute's look-ups. They come back one by one.
    fn take(&self, now: Instant) -> Result<(), Refusal> {
        let per_min = self.per_min.load(Ordering::Relaxed);
        let refusal = || {
            Refusal(format!(
                "its name would be looked up, and all workers of its account together may do that {per_min} times in a \
                 minute; connections that are kept need none (dns_lookups_per_min)"
            ))
        };
        let each = u32::try_from(per_min).unwrap_or(u32::MAX);
        let each = MINUTE.checked_div(each).ok_or_else(refusal)?;
        let mut rested_at = self.rested_at.lock().unwrap_or_else(PoisonError::into_inner);
        let then = (*rested_at).max(now) + each;
        if then.saturating_duration_since(now) > MINUTE {
            return Err(refusal());
        }
        *rested_at = then;
        Ok(())
    }

    fn is_rested(&self, now: Instant) -> bool {
        *self.rested_at.lock().unwrap_or_else(PoisonError::into_inner) <= now
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::Notify;

    use super::{super::connect::Resolving, *};

    /// Answers when it is told to, and counts those who wait.
    #[derive(Default)]
    struct Slow {
        waiting: Arc<AtomicUsize>,
        answer: Arc<Notify>,
    }

    impl Resolve for Slow {
        fn resolve(&self, _name: String, port: u16) -> Resolving {
            let (waiting, answer) = (self.waiting.clone(), self.answer.clone());
            Box::pin(async move {
                waiting.fetch_add(1, Ordering::Relaxed);
                answer.notified().await;
                waiting.fetch_sub(1, Ordering::Relaxed);
                Ok(vec![([192, 0, 2, 1], port).into()])
            })
        }
    }

    /// Answers at once.
    struct Quick;

    impl Resolve for Quick {
        fn resolve(&self, _name: String, port: u16) -> Resolving {
            Box::pin(std::future::ready(Ok(vec![([192, 0, 2, 1], port).into()])))
        }
    }

    async fn settle() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenant_never_looks_up_more_names_than_it_may_and_others_notice_nothing() {
        let lookups = Lookups::new(Arc::new(Quick));
        let (greedy, other) = (lookups.of("greedy", 10), lookups.of("other", 10));
        let names = AtomicUsize::new(0);
        let ask = async |account: &Account| {
            let name = format!("{}.example", names.fetch_add(1, Ordering::Relaxed));
            account.look_up(name, 80).await.is_ok()
        };
        let mut answered = 0;
        for _ in 0..1_000 {
            answered += usize::from(ask(&greedy).await);
        }
        assert_eq!(answered, 10);
        assert!(ask(&other).await);
        // A tenth of them comes back in a tenth of the time, and no more than all of them ever.
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(ask(&greedy).await && !ask(&greedy).await);
        tokio::time::advance(Duration::from_secs(3_600)).await;
        let mut answered = 0;
        for _ in 0..100 {
            answered += usize::from(ask(&greedy).await);
        }
        assert_eq!(answered, 10);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_says_the_limit_and_no_limit_is_zero_or_huge_by_mistake() {
        let lookups = Lookups::new(Arc::new(Quick));
        let error = lookups.of("none", 0).look_up("a".to_owned(), 80).await.unwrap_err().to_string();
        assert!(error.contains("0 times in a minute") && error.contains("dns_lookups_per_min"), "{error}");
        let many = lookups.of("many", u64::MAX);
        for number in 0..10_000 {
            assert!(many.look_up(number.to_string(), 80).await.is_ok());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_connections_to_one_host_are_one_look_up_and_what_was_found_is_forgotten_soon() {
        let lookups = Lookups::new(Arc::new(Quick));
        let account = lookups.of("a", 2);
        for port in 1..1_000 {
            let found = account.look_up("a.example".to_owned(), port).await.unwrap();
            assert_eq!(found, [([192, 0, 2, 1], port).into()]);
        }
        tokio::time::advance(KNOWN_FOR).await;
        assert!(account.look_up("a.example".to_owned(), 1).await.is_ok());
        assert!(account.look_up("b.example".to_owned(), 1).await.is_err(), "that were two");
        assert!(account.look_up("a.example".to_owned(), 1).await.is_ok(), "and this one is known");
        assert!(lookups.of("other", 0).look_up("a.example".to_owned(), 1).await.is_err(), "to nobody else");
    }

    #[tokio::test(start_paused = true)]
    async fn names_that_nobody_answers_for_never_take_all_threads_from_others() {
        let slow = Slow::default();
        let waiting = slow.waiting.clone();
        let answer = slow.answer.clone();
        let lookups = Lookups::new(Arc::new(slow));
        let greedy = lookups.of("greedy", 100_000);
        for number in 0..1_000 {
            let greedy = greedy.clone();
            // Whoever has given up has not called it off.
            tokio::spawn(async move {
                let asked = greedy.look_up(number.to_string(), 80);
                let _ = tokio::time::timeout(Duration::from_secs(1), asked).await;
            });
        }
        settle().await;
        assert_eq!(waiting.load(Ordering::Relaxed), AT_ONCE_MAX);
        tokio::time::advance(Duration::from_secs(2)).await;
        settle().await;
        assert_eq!(waiting.load(Ordering::Relaxed), AT_ONCE_MAX, "they still have their threads");
        let other = lookups.of("other", 1);
        let asked = tokio::spawn(async move { other.look_up("b".to_owned(), 80).await });
        settle().await;
        assert_eq!(waiting.load(Ordering::Relaxed), AT_ONCE_MAX + 1, "somebody else's is under way");
        answer.notify_waiters();
        assert!(asked.await.unwrap().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_books_never_grow_without_bound_and_nobody_is_forgotten_who_is_in_debt() {
        let lookups = Lookups::new(Arc::new(Quick));
        for number in 0..10_000 {
            lookups.of(&number.to_string(), 1);
        }
        assert!(lookups.tenants.lock().unwrap().len() < 10);
        assert!(lookups.of("spent", 1).look_up("a".to_owned(), 80).await.is_ok());
        for number in 0..100 {
            lookups.of(&number.to_string(), 1);
        }
        assert!(lookups.of("spent", 1).look_up("b".to_owned(), 80).await.is_err());
    }
}
