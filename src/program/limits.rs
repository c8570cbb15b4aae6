//! How big a script may be. Beyond these a file is a mistake or an attack, and is refused with its place.

use std::ops::RangeInclusive;

/// Bytes of a `program.toml`.
pub const SCRIPT_BYTES_MAX: usize = 1 << 20;
/// Characters of one text in one language: a minute and a half of speech.
pub const TEXT_CHARS_MAX: usize = 1_200;
/// Characters of an identifier.
pub const ID_CHARS_MAX: usize = 40;
/// Characters of a name, a purpose, an approver, a phrase or an alias.
pub const NAME_CHARS_MAX: usize = 160;
/// Telephone numbers of one program.
pub const NUMBERS_MAX: usize = 200;
/// Parts of a notice.
pub const NOTICE_PARTS_MAX: usize = 12;
/// Recipients of one program.
pub const RECIPIENTS_MAX: usize = 12;
/// Fields that may go to one recipient.
pub const FIELDS_MAX: usize = 40;
/// Aliases of one recipient.
pub const ALIASES_MAX: usize = 200;
/// Questions of one program, plain and sensitive together.
pub const QUESTIONS_MAX: usize = 60;
/// FAQ entries of one program.
pub const FAQ_MAX: usize = 200;
/// Phrases of one FAQ entry.
pub const PHRASES_MAX: usize = 200;
/// Lines of opening hours.
pub const HOURS_MAX: usize = 21;
/// Words with a pronunciation of their own.
pub const PRONOUNCE_MAX: usize = 500;

/// Words of a consent question, spoken: beyond them nobody remembers who was named at its beginning.
pub const CONSENT_WORDS_MAX: u64 = 50;
/// Words that a program's own name counts for there, however long it is: nobody can shorten it.
pub const OWN_NAME_WORDS_MAX: u64 = 3;
/// Words of what is said once for all consents, spoken.
pub const SHARED_WORDS_MAX: u64 = 60;

/// Days a consent may last.
pub const EXPIRES_DAYS: RangeInclusive<u64> = 1..=1_095;
/// Seconds the program's telephone may ring.
pub const RING_S: RangeInclusive<u64> = 5..=120;
/// Milliseconds of [`super::Timings::silence_ms`].
pub const SILENCE_MS: RangeInclusive<u64> = 3_000..=60_000;
/// Milliseconds of [`super::Timings::wait_ms`].
pub const WAIT_MS: RangeInclusive<u64> = 5_000..=300_000;
/// Milliseconds of [`super::Timings::end_of_turn_yes_no_ms`].
pub const END_OF_TURN_YES_NO_MS: RangeInclusive<u64> = 160..=3_000;
/// Milliseconds of [`super::Timings::end_of_turn_open_ms`].
pub const END_OF_TURN_OPEN_MS: RangeInclusive<u64> = 300..=5_000;
/// Milliseconds of [`super::Timings::end_of_turn_spelled_ms`].
pub const END_OF_TURN_SPELLED_MS: RangeInclusive<u64> = 400..=5_000;
/// Milliseconds of [`super::Timings::settle_ms`].
pub const SETTLE_MS: RangeInclusive<u64> = 300..=5_000;
/// Milliseconds of [`super::Timings::turn_ms_max`].
pub const TURN_MS_MAX: RangeInclusive<u64> = 5_000..=120_000;
/// Milliseconds of [`super::Timings::call_ms_max`].
pub const CALL_MS_MAX: RangeInclusive<u64> = 120_000..=14_400_000;

/// Words a minute, the pace by which lines are reckoned where nothing is spoken.
pub const WORDS_A_MINUTE: u64 = 150;
/// Seconds from the first word of the call to the end of the acknowledgement question, at most.
pub const NOTICE_S_MAX: u64 = 60;
/// The school grade a notice should read at, at most.
pub const NOTICE_GRADE_MAX: f64 = 8.0;
