//! Recordings are what was said, bit by bit, and gone when they must be.

use crate::ground::{self, Folder, opened, store};
use candor::{
    journal::Label,
    ports::{Ledger, Recordings},
    store::{Saved, Store},
    time::Millis,
};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::Cursor,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// A store in which these calls were opened.
async fn with_calls(data: &Path, calls: &[&str]) -> Store {
    let store = store(data).await;
    for call in calls {
        store.open(&opened(call)).await.unwrap();
    }
    store
}

fn path(data: &Path, call: &str) -> PathBuf {
    data.join(format!("recordings/{call}.sealed"))
}

#[tokio::test]
async fn the_hash_of_a_recording_is_that_of_its_samples() {
    let data = Folder::new("hashed");
    let store = with_calls(&data, &["call-1", "call-2"]).await;
    let tapes = store.recordings();
    let mut whole = Vec::new();
    for n in 0..500_u32 {
        let piece: Vec<u8> = (0..320).map(|i| (n * 31 + i) as u8).collect();
        whole.extend(&piece);
        let label = if n % 7 == 0 { Label::Sensitive } else { Label::General };
        tapes.append("call-1", label, piece).await.unwrap();
        tapes.append("call-2", Label::General, vec![n as u8; 2]).await.unwrap();
    }
    let clip = (Millis(1_000), Millis(2_500));
    let clips = vec![clip, (Millis(9_999_999), Millis(10_000_000))];
    let finished = tapes.finish("call-1", clips.clone()).await.unwrap().unwrap();
    assert_eq!((finished.bytes, &finished.sha256), (whole.len() as u64, &sha256(&whole)));
    assert_eq!(finished.clips, [Some(sha256(&whole[16_000..40_000])), None]);
    assert_eq!(finished.chunks.unwrap().count, 501);
    let file = path(&data, "call-1");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let saved = Saved::of(store.archive());
    assert_eq!(saved.sha256("call-1").await.unwrap(), Some((whole.len() as u64, sha256(&whole))));
    // Asked again, or by the next process after a crash, it comes from the disk, and is the same to the last bit.
    let before = fs::read(&file).unwrap();
    assert_eq!(tapes.finish("call-1", clips).await.unwrap().unwrap(), finished);
    assert_eq!(fs::read(&file).unwrap(), before);
    drop((tapes, store));
    let store = ground::store(&data).await;
    let tapes = store.recordings();
    assert_eq!(tapes.finish("call-2", Vec::new()).await.unwrap().unwrap().bytes, 1_000);
    assert_eq!(tapes.finish("call-3", Vec::new()).await.unwrap(), None);
    assert_eq!(saved.sha256("call-3").await.unwrap(), None);
}

#[tokio::test]
async fn a_recording_goes_on_after_a_crash_at_its_last_whole_chunk() {
    let data = Folder::new("goes-on");
    for cut in [1, 11, 27, 40] {
        let _ = fs::remove_dir_all(&*data);
        let store = with_calls(&data, &["one"]).await;
        store.recordings().append("one", Label::General, vec![1, 2]).await.unwrap();
        store.recordings().append("one", Label::Sensitive, vec![3; 100]).await.unwrap();
        let whole = store.recordings().finish("one", Vec::new()).await.unwrap().unwrap();
        drop(store);
        // The last chunk, which is empty, and some of the one before are lost.
        let bytes = fs::read(path(&data, "one")).unwrap();
        fs::write(path(&data, "one"), &bytes[..bytes.len() - 38 - cut]).unwrap();
        let store = ground::store(&data).await;
        store.recordings().append("one", Label::General, vec![4, 5]).await.unwrap();
        let finished = store.recordings().finish("one", Vec::new()).await.unwrap().unwrap();
        assert_eq!((finished.bytes, finished.sha256), (4, sha256(&[1, 2, 4, 5])), "{cut}");
        assert_ne!(finished.chunks, whole.chunks);
    }
}

#[tokio::test]
async fn a_destroyed_recording_is_gone_and_late_pieces_do_not_bring_it_back() {
    let data = Folder::new("destroyed");
    let store = with_calls(&data, &["one"]).await;
    let tapes = store.recordings();
    tapes.append("one", Label::General, vec![1, 2]).await.unwrap();
    tapes.destroy("one").await.unwrap();
    tapes.append("one", Label::General, vec![3, 4]).await.unwrap();
    assert_eq!(tapes.finish("one", Vec::new()).await.unwrap(), None);
    assert_eq!(fs::read_dir(data.join("recordings")).unwrap().count(), 0);
    tapes.destroy("never-recorded").await.unwrap();
}

#[tokio::test]
async fn a_recording_that_cannot_be_written_says_so_and_stops_no_other() {
    let data = Folder::new("unwritten");
    let store = with_calls(&data, &["one", "two"]).await;
    let tapes = store.recordings();
    fs::create_dir(path(&data, "one")).unwrap();
    tapes.append("one", Label::General, vec![1, 2]).await.unwrap();
    tapes.append("two", Label::General, vec![1, 2]).await.unwrap();
    assert!(tapes.finish("one", Vec::new()).await.is_err());
    assert_eq!(tapes.finish("two", Vec::new()).await.unwrap().unwrap().bytes, 2);
    let saved = Saved::of(store.archive());
    for id in ["", "../one", "a/b", "jane doe", "é", &"x".repeat(65)] {
        let appended = tapes.append(id, Label::General, vec![1, 2]).await;
        assert!(appended.is_err(), "{id:?} would become a file's name");
        assert!(tapes.destroy(id).await.is_err() && saved.sha256(id).await.is_err());
    }
}

#[tokio::test]
async fn a_wav_holds_the_caller_left_and_the_agent_right() {
    let data = Folder::new("wav");
    let store = with_calls(&data, &["one"]).await;
    let tapes = store.recordings();
    let right: Vec<u8> = (0..=255).collect();
    let piece = right.iter().flat_map(|code| [0xff, *code]).collect();
    tapes.append("one", Label::General, piece).await.unwrap();
    tapes.finish("one", Vec::new()).await.unwrap();
    let mut wav = Cursor::new(Vec::new());
    assert_eq!(Saved::of(store.archive()).wav("one", &mut wav).await.unwrap(), Some(32));
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
    let store = with_calls(&data, &["one"]).await;
    let tapes = store.recordings();
    let second: Vec<u8> = (0..16_000_u32).map(|n| (n % 251) as u8).collect();
    tapes.append("one", Label::General, second.clone()).await.unwrap();
    let ms = |from, to| (Millis(from), Millis(to));
    let clips = vec![ms(100, 200), ms(900, 5_000), ms(2_000, 3_000)];
    let finished = tapes.finish("one", clips).await.unwrap().unwrap();
    let wanted = [Some(sha256(&second[1_600..3_200])), Some(sha256(&second[14_400..])), None];
    assert_eq!(finished.clips, wanted);
}
