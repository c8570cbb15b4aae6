//! What goes of a call, or of a program, when the last of it is destroyed: in the transaction that destroys.

use sqlx::SqliteConnection;

/// Forgets what followed a call of which no key is left: that it waits, its signing pages and notices, and by what its
/// patient is found, where that patient has no other call with keys. Does nothing where a key is left.
pub(in crate::store) async fn call(connection: &mut SqliteConnection, call_id: &str) -> sqlx::Result<()> {
    for change in [
        "UPDATE followed SET waits = 0 WHERE call_id = ?1 \
         AND NOT EXISTS (SELECT 1 FROM call_keys k WHERE k.call_id = ?1)",
        "DELETE FROM signing WHERE call_id = ?1 \
         AND NOT EXISTS (SELECT 1 FROM call_keys k WHERE k.call_id = ?1)",
        "DELETE FROM notices WHERE call_id = ?1 \
         AND NOT EXISTS (SELECT 1 FROM call_keys k WHERE k.call_id = ?1)",
        "DELETE FROM patient_tags WHERE (program, patient) IN \
         (SELECT program, patient FROM followed WHERE call_id = ?1) AND NOT EXISTS \
         (SELECT 1 FROM followed f JOIN call_keys k ON k.call_id = f.call_id \
         WHERE f.program = patient_tags.program AND f.patient = patient_tags.patient)",
    ] {
        sqlx::query(change).bind(call_id).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Forgets what followed the calls of a program that has ended.
pub(in crate::store) async fn program(connection: &mut SqliteConnection, program: &str) -> sqlx::Result<()> {
    for change in [
        "DELETE FROM notices WHERE call_id IN (SELECT call_id FROM calls WHERE program = ?1)",
        "DELETE FROM signing WHERE program = ?1",
        "DELETE FROM patient_tags WHERE program = ?1",
        "DELETE FROM followed WHERE program = ?1",
        "DELETE FROM unfollowed WHERE program = ?1",
    ] {
        sqlx::query(change).bind(program).execute(&mut *connection).await?;
    }
    Ok(())
}
