//! Who is speaking.

/// Whose voice a line is said in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Timbre {
    /// The program's voice: as the model was trained.
    #[default]
    Agent,
    /// A simulated caller: lower, from a longer throat, a little quicker; never taken for the agent.
    Caller,
    /// One of several simulated people ([`Timbre::PEOPLE`] of them; a higher number begins anew).
    Person(u8),
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

/// Low, high, quick, slow, and as the agent but hurried.
const PEOPLE: [Shape; Timbre::PEOPLE as usize] = [
    Shape { pitch: 0.62, tract: 1.12, speed: 1.05 },
    Shape { pitch: 1.12, tract: 0.95, speed: 1.0 },
    Shape { pitch: 0.7, tract: 1.08, speed: 1.25 },
    Shape { pitch: 0.85, tract: 1.05, speed: 0.85 },
    Shape { pitch: 1.0, tract: 1.0, speed: 1.2 },
    Shape { pitch: 0.55, tract: 1.15, speed: 0.92 },
];

impl Timbre {
    /// How many different people there are.
    pub const PEOPLE: u8 = 6;

    /// Its shape.
    pub fn shape(self) -> Shape {
        match self {
            Timbre::Agent => Shape { pitch: 1.0, tract: 1.0, speed: 1.0 },
            Timbre::Caller => PEOPLE[0],
            Timbre::Person(number) => PEOPLE[usize::from(number % Timbre::PEOPLE)],
        }
    }

    /// Its name in a cache key.
    pub fn name(self) -> &'static str {
        match self {
            Timbre::Agent => "agent",
            Timbre::Caller => "caller",
            Timbre::Person(_) => "person",
        }
    }
}
