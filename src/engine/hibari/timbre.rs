//! Who is speaking.

/// Whose voice a line is said in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Timbre {
    /// The program's voice: as the model was trained.
    #[default]
    Agent,
    /// A simulated caller: lower, from a longer throat, a little quicker; never taken for the agent.
    Caller,
}

/// What makes a timbre.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Factor on the pitch.
    pub pitch: f32,
    /// Factor on the length of the vocal tract: above one, formants sit lower.
    pub tract: f32,
    /// Pace; one is the model's own.
    pub speed: f32,
}

impl Timbre {
    /// Its shape.
    pub fn shape(self) -> Shape {
        match self {
            Timbre::Agent => Shape { pitch: 1.0, tract: 1.0, speed: 1.0 },
            Timbre::Caller => Shape { pitch: 0.62, tract: 1.12, speed: 1.05 },
        }
    }

    /// Its name in a cache key.
    pub fn name(self) -> &'static str {
        match self {
            Timbre::Agent => "agent",
            Timbre::Caller => "caller",
        }
    }
}
