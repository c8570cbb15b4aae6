//! The whole transition table as a reviewed snapshot: every state with every stimulus.

use candor::dialogue::transition::{Move, State, Stimulus, respond};

#[test]
fn every_state_answers_every_stimulus_as_reviewed() {
    let mut table = String::new();
    for state in State::ALL {
        table += &format!("{state:?}\n");
        for stimulus in Stimulus::ALL {
            table += &format!("    {:13} {:?}\n", format!("{stimulus:?}"), respond(state, stimulus));
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn danger_a_person_and_a_revocation_are_heard_everywhere() {
    for state in State::ALL {
        assert!(matches!(respond(state, Stimulus::Emergency), Move::Crisis | Move::Urge), "{state:?}");
        assert!(matches!(respond(state, Stimulus::Human), Move::Person | Move::Urge), "{state:?}");
        assert_eq!(respond(state, Stimulus::Revoke), Move::Revoke, "{state:?}");
    }
}

#[test]
fn only_a_clear_yes_to_its_own_question_acknowledges_or_grants() {
    for state in State::ALL {
        for stimulus in Stimulus::ALL {
            let movement = respond(state, stimulus);
            let acknowledges = movement == Move::Acknowledge;
            assert_eq!(acknowledges, (state, stimulus) == (State::Acknowledging, Stimulus::Affirm));
            let grants = movement == Move::Grant;
            assert_eq!(grants, (state, stimulus) == (State::Consenting, Stimulus::Affirm));
        }
    }
}
