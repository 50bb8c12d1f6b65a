//! How an event ended.

/// How an event ended, in Cloudflare's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It went well.
    Ok,
    /// An exception was not caught.
    Exception,
    /// It used up its CPU time.
    ExceededCpu,
    /// It had more memory than it may.
    ExceededMemory,
    /// It took too long.
    ExceededWallTime,
    /// There is no such worker.
    ScriptNotFound,
    /// The client left.
    Canceled,
    /// The response broke off.
    ResponseStreamDisconnected,
    /// The node had no room for it.
    LoadShed,
    /// The operator has stopped the worker.
    KillSwitch,
    /// The platform failed.
    InternalError,
    /// Something else; also a word of a cell that is none.
    Unknown,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Ok,
        Self::Exception,
        Self::ExceededCpu,
        Self::ExceededMemory,
        Self::ExceededWallTime,
        Self::ScriptNotFound,
        Self::Canceled,
        Self::ResponseStreamDisconnected,
        Self::LoadShed,
        Self::KillSwitch,
        Self::InternalError,
        Self::Unknown,
    ];

    /// The outcome of this name, if there is one.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }

    /// The outcome that a cell reports, which may say what it likes.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self::parse(word).unwrap_or(Self::Unknown)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Exception => "exception",
            Self::ExceededCpu => "exceededCpu",
            Self::ExceededMemory => "exceededMemory",
            Self::ExceededWallTime => "exceededWallTime",
            Self::ScriptNotFound => "scriptNotFound",
            Self::Canceled => "canceled",
            Self::ResponseStreamDisconnected => "responseStreamDisconnected",
            Self::LoadShed => "loadShed",
            Self::KillSwitch => "killSwitch",
            Self::InternalError => "internalError",
            Self::Unknown => "unknown",
        }
    }

    /// Whether wrangler has no word for it: it shows these as `Unknown`, and asks for them by that.
    #[must_use]
    pub fn is_unknown_to_wrangler(self) -> bool {
        !matches!(
            self,
            Self::Ok | Self::Exception | Self::ExceededCpu | Self::ExceededMemory | Self::Canceled
        )
    }

    /// Whether the event did not do what it was to do. A client that leaves is no failure.
    #[must_use]
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::Ok | Self::Canceled)
    }
}
