//! The pages of a replay: one of a call, or an index over many with a page for each.

use super::{super::Fault, Again, Work, put};
use crate::replay::{
    Ending, Kept, foresee,
    report::{Page, Row, Sound, call_page, index_page, rows},
    verdict::Verdict,
};
use std::{
    collections::HashMap,
    fs::DirBuilder,
    io::ErrorKind,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

/// Writes `out`: the page of the one call there is, or the index, with the pages of `most` calls in a folder beside
/// it. The calls are read again, one after the other, so that no more than one is held at a time.
pub(super) async fn write(work: &Work, verdict: &Verdict, most: usize, out: &Path) -> Result<(), Fault> {
    if let [call] = &work.calls[..] {
        let kept =
            call.read().await.map_err(|(id, gone)| Fault::finding(format!("call {id}: {}", gone.why)))?;
        return match page(work, 0, &kept).await {
            Some(page) => put(out, page.as_bytes()),
            None => Err(Fault::finding("there is no page: no script of this call's program is known")),
        };
    }
    let (beside, folder) = folder_beside(out)?;
    // Those that differ first, then the others, in their order.
    let differ: Vec<usize> = verdict.findings().iter().map(|finding| finding.order as usize).collect();
    let others = (0..work.calls.len()).filter(|order| !differ.contains(order)).take(most);
    let chosen: Vec<usize> = differ.iter().copied().chain(others).take(most).collect();
    let (mut pages, mut same) = (HashMap::new(), Vec::new());
    for order in chosen {
        let Ok(kept) = work.calls[order].read().await else { continue };
        let Some(text) = page(work, order, &kept).await else { continue };
        let id = kept.opened.call_id.clone();
        let name =
            format!("{order}-{}.html", id.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "_"));
        put(&beside.join(&name), text.as_bytes())?;
        pages.insert(id.clone(), format!("{folder}/{name}"));
        same.push(id);
    }
    let mut listed = rows(verdict, |id| pages.get(id).cloned());
    same.retain(|id| !listed.iter().any(|row| row.call_id == *id));
    listed.extend(same.into_iter().map(|call_id| Row {
        verdict: "same",
        cause: String::new(),
        first: String::new(),
        page: pages.get(&call_id).cloned(),
        call_id,
    }));
    put(out, index_page(verdict, &listed).as_bytes())
}

/// Makes the folder of the pages beside the index `out`: where it is, and its name.
pub(super) fn folder_beside(out: &Path) -> Result<(PathBuf, String), Fault> {
    let stem = out.file_stem().and_then(|stem| stem.to_str()).unwrap_or("replay").to_owned();
    let folder = format!("{stem}-calls");
    let beside = out.with_file_name(&folder);
    match DirBuilder::new().mode(0o700).create(&beside) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => {
            Err(Fault::misuse(format!("{} cannot be made: {e}; give another file", beside.display())))
        }
        _ => Ok((beside, folder)),
    }
}

async fn page(work: &Work, order: usize, kept: &Kept) -> Option<String> {
    let Ok(Again::Done(replayed, program)) = work.again(order, kept).await else { return None };
    let foreseen: Option<Ending> =
        (replayed.differs() && replayed.stopped.is_some()).then(|| foresee(&program, kept));
    // A recording that is gone, or damaged, is left out: the page says that there is none. Where only a part of it was
    // destroyed, the rest is heard, and the page shows which.
    let destroyed = work.calls[order].destroyed().await;
    let samples = work.calls[order].samples().await.ok();
    Some(call_page(&Page {
        kept,
        replayed: &replayed,
        foreseen: foreseen.as_ref(),
        sound: samples.as_deref().map(Sound),
        destroyed: &destroyed,
        open: work.lens.open,
    }))
}
