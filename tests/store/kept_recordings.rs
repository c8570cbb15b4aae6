//! Recordings are what was said, bit by bit, and gone when they must be.

use crate::ground::Folder;
use candor::{
    ports::{Finished, Recordings},
    store::{FileRecordings, Saved},
    time::Millis,
};
use sha2::{Digest, Sha256};
use std::{fs, io::Cursor, os::unix::fs::PermissionsExt};

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// What is told of a recording, without clips.
fn whole(finished: Option<Finished>) -> Option<(u64, String)> {
    finished.map(|f| (f.bytes, f.sha256))
}

#[tokio::test]
async fn the_hash_of_a_recording_is_that_of_its_file() {
    let data = Folder::new("hashed");
    let tapes = FileRecordings::open(&data).unwrap();
    let mut said = Vec::new();
    for n in 0..500_u32 {
        let piece: Vec<u8> = (0..320).map(|i| (n * 31 + i) as u8).collect();
        said.extend(&piece);
        tapes.append("call-1", piece).await.unwrap();
        tapes.append("call-2", vec![n as u8; 2]).await.unwrap();
    }
    let expected = Some((said.len() as u64, sha256(&said)));
    assert_eq!(whole(tapes.finish("call-1", Vec::new()).await.unwrap()), expected);
    let file = data.join("recordings/call-1.ulaw");
    assert_eq!(fs::read(&file).unwrap(), said);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let saved = Saved::of(&data);
    assert_eq!(saved.sha256("call-1").unwrap(), expected);
    // Asked again, or by the next process after a crash, it comes from the disk.
    assert_eq!(whole(tapes.finish("call-1", Vec::new()).await.unwrap()), expected);
    drop(tapes);
    let tapes = FileRecordings::open(&data).unwrap();
    assert_eq!(tapes.finish("call-2", Vec::new()).await.unwrap().unwrap().bytes, 1_000);
    assert_eq!(tapes.finish("call-3", Vec::new()).await.unwrap(), None);
    assert_eq!(saved.sha256("call-3").unwrap(), None);
}

#[tokio::test]
async fn a_recording_goes_on_after_a_crash_at_its_last_whole_sample() {
    let data = Folder::new("goes-on");
    let tapes = FileRecordings::open(&data).unwrap();
    fs::write(data.join("recordings/one.ulaw"), [1, 2, 3]).unwrap();
    tapes.append("one", vec![4, 5]).await.unwrap();
    assert_eq!(whole(tapes.finish("one", Vec::new()).await.unwrap()), Some((4, sha256(&[1, 2, 4, 5]))));
}

#[tokio::test]
async fn a_destroyed_recording_is_gone_and_late_pieces_do_not_bring_it_back() {
    let data = Folder::new("destroyed");
    let tapes = FileRecordings::open(&data).unwrap();
    tapes.append("one", vec![1, 2]).await.unwrap();
    tapes.destroy("one").await.unwrap();
    tapes.append("one", vec![3, 4]).await.unwrap();
    assert_eq!(tapes.finish("one", Vec::new()).await.unwrap(), None);
    assert_eq!(fs::read_dir(data.join("recordings")).unwrap().count(), 0);
    tapes.destroy("never-recorded").await.unwrap();
}

#[tokio::test]
async fn a_recording_that_cannot_be_written_says_so_and_stops_no_other() {
    let data = Folder::new("unwritten");
    let tapes = FileRecordings::open(&data).unwrap();
    fs::create_dir(data.join("recordings/one.ulaw")).unwrap();
    tapes.append("one", vec![1, 2]).await.unwrap();
    tapes.append("two", vec![1, 2]).await.unwrap();
    assert!(tapes.finish("one", Vec::new()).await.is_err());
    assert_eq!(tapes.finish("two", Vec::new()).await.unwrap().unwrap().bytes, 2);
    for id in ["", "../one", "a/b", "jane doe", "é", &"x".repeat(65)] {
        assert!(tapes.append(id, vec![1, 2]).await.is_err(), "{id:?} would become a file's name");
        assert!(tapes.destroy(id).await.is_err() && Saved::of(&data).sha256(id).is_err());
    }
}

#[tokio::test]
async fn a_wav_holds_the_caller_left_and_the_agent_right() {
    let data = Folder::new("wav");
    let tapes = FileRecordings::open(&data).unwrap();
    let right: Vec<u8> = (0..=255).collect();
    let piece = right.iter().flat_map(|code| [0xff, *code]).collect();
    tapes.append("one", piece).await.unwrap();
    tapes.finish("one", Vec::new()).await.unwrap();
    let mut wav = Cursor::new(Vec::new());
    assert_eq!(Saved::of(&data).wav("one", &mut wav).unwrap(), Some(32));
    wav.set_position(0);
    let mut reader = hound::WavReader::new(wav).unwrap();
    let spec = reader.spec();
    assert_eq!((spec.channels, spec.sample_rate, spec.bits_per_sample), (2, 8_000, 16));
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    assert!(samples.iter().step_by(2).all(|caller| *caller == 0));
    let agent: Vec<i16> = samples.into_iter().skip(1).step_by(2).collect();
    // Anchors of ITU-T G.711's table 2a, scaled from 14 to 16 bits; each negative code mirrors its positive.
    for (code, sample) in [(0x80, 32_124), (0x8f, 16_764), (0xc0, 1_884), (0xef, 132), (0xfe, 8), (0xff, 0)] {
        assert_eq!((agent[code], agent[code - 0x80]), (sample, -sample), "code {code:#x}");
    }
    assert!(agent[0x80..].is_sorted_by(|a, b| a > b));
}

#[tokio::test]
async fn the_clip_of_a_signature_has_a_hash_of_its_own() {
    let data = Folder::new("clips");
    let tapes = FileRecordings::open(&data).unwrap();
    let second: Vec<u8> = (0..16_000_u32).map(|n| (n % 251) as u8).collect();
    tapes.append("one", second.clone()).await.unwrap();
    let ms = |from, to| (Millis(from), Millis(to));
    let clips = vec![ms(100, 200), ms(900, 5_000), ms(2_000, 3_000)];
    let finished = tapes.finish("one", clips).await.unwrap().unwrap();
    let wanted = [Some(sha256(&second[1_600..3_200])), Some(sha256(&second[14_400..])), None];
    assert_eq!(finished.clips, wanted);
}
