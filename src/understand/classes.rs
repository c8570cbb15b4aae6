//! Classes of words that the rows of the phrase tables name between angle brackets.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

/// The classes, each with its members between spaces.
const CLASSES: &[(&str, &str)] = &[
    // Verbs of passing on, as the imperative and infinitive.
    (
        "share",
        "share send give tell disclose release forward pass provide show submit transmit transfer fax \
         email report reveal expose distribute bill notify inform contact call mail hand leak put enter \
         upload",
    ),
    (
        "sharing",
        "sharing sending giving telling disclosing releasing forwarding passing providing showing \
         submitting transmitting transferring faxing emailing reporting revealing exposing distributing \
         billing notifying informing contacting calling mailing handing putting entering uploading",
    ),
    (
        "shared",
        "shared sent given told disclosed released forwarded passed provided shown submitted transmitted \
         transferred faxed emailed reported revealed exposed distributed billed notified informed \
         contacted mailed",
    ),
    // Verbs of the receiving side.
    ("get", "have see get know receive read access hear learn find"),
    ("getting", "having seeing getting knowing receiving reading accessing hearing"),
    // What is passed on.
    (
        "thing",
        "it that this these those them anything everything something nothing any all information data \
         details stuff record records file files answers answer name history health medical personal \
         private treatment what squat jack crap shit",
    ),
    // Taking part in what is known, besides having and passing on.
    (
        "party",
        "involved involvement included including inclusion updated updates update looped loop looping cc cced \
         copied copying copies copy posted aware alerted alerting alert clued privy access accessing reports \
         reporting word wind whiff nosing nosy snooping snoop prying pry poking peeking peek digging notified \
         notification notifications notice notices knowledge knows hears sees gets finds finding found \
         learning learns learned told tipped blabbing blab blabbed snitch snitching gossip gossiping passed \
         handed pass passing going go goes went sent talk talking talked speak speaking discuss discussing \
         discussed mention mentioning mentioned brought bring bringing reach reaching reached touch contact \
         obtain obtaining obtained view viewing viewed possess possessing hold holding saved save saving \
         stored store storing kept logged log logging entered listed list recorded added add adding put used \
         using use deal dealing coordinate coordinating collaborate communication communicating \
         correspond corresponding consult consulting consulted connect connecting connected sharing \
         disclosure disclosures release releases business eyes ears hands dirt anywhere input data \
         information records transmitting broadcast broadcasting divulge divulging divulged leak leaking \
         leaked relay relaying relayed convey conveying spill spilling expose whisper breathe ring \
         ringing phone phoning message messaging text texting involve involving include let letting part \
         privileged consult picture room circle know heard saw knew",
    ),
    // What insurers and doctors do besides learning something.
    (
        "care",
        "cover covers covering covered pay pays paying paid prescribe prescribes prescribing treat treats \
         treating treated refill refills refilling copay premium premiums deductible appointment \
         appointments visit visits deny drop dropping reimburse diagnose yell yelling judge judging judged",
    ),
    // What may stand between undoing and whom it is about.
    (
        "between",
        "back out off away down of for to with on about from at as up in into me my i we us you your given \
         gave said yes okayed agreed allowed signed talking giving letting and both one ones just only even \
         entire whole current existing earlier previous particular little where now please here there \
         granted right rights link connection tie ties feed line pipeline toward towards involving \
         regarding concerning which single every entry account profile listing in",
    ),
    // Where a wish or a request begins.
    (
        "wish",
        "want like let please sooner rather prefer comfortable could can would kindly keep leave better need \
         happier wish hoping hope ask asking grateful appreciate love mind should must everybody everyone leaving \
         keeping handle request insist demand happiest glad expect",
    ),
    // What makes a negation about somebody else a request.
    (
        "assure",
        "promise sure see guarantee assure swear rather sooner prefer hope hoping grateful appreciate unless want \
         need reason ensure certain confirm please insist careful better made to allowed supposed getting \
         welcome fix arrange important let happier glad best nicer easier safer relieved love like",
    ),
    // Undone, said of agreements and of little else.
    (
        "unmade",
        "undone reversed unokayed revoked rescinded retracted withdrawn cancelled canceled voided nullified \
         annulled unmade retired lifted scrapped repealed",
    ),
    // Agreement given.
    (
        "permission",
        "permission permissions consent consents authorization authorizations approval agreement release \
         okay yes word",
    ),
    ("det", "my the that this your our any all of those these a some his her"),
    // Everybody at once.
    ("everybody", "anyone anybody everyone everybody nobody anyplace anywhere whoever them"),
    // Where a request begins.
    ("lead", "please just actually now then so and but also can could you to i"),
    ("aux", "do does did is are was were can could will would should may might have has am shall must"),
    (
        "pronoun",
        "i you it they he she we this that there my your the anyone anybody somebody someone these those \
         yes no @ his her their our everyone everybody people a any",
    ),
    // What may stand before a question.
    (
        "ask",
        "okay yes yeah sure but and so wait hey sorry actually hello hi alright first just please then \
         excuse me",
    ),
    ("wh", "what who whom whose when where why how which"),
    // Somebody of the caller's own.
    (
        "kin",
        "mother mom mum father dad parent parents wife husband spouse son daughter sister brother child \
         kid kids boyfriend girlfriend partner fiance fiancee grandson granddaughter grandmother \
         grandfather grandma grandpa aunt uncle niece nephew cousin friend roommate stepson stepdaughter \
         stepmom stepdad ex neighbor caregiver guardian sponsor coworker client patient family loved",
    ),
    ("his", "his her their the"),
    (
        "very",
        "very really pretty indeed surely truly entirely undoubtedly obviously clearly actually super totally perfectly completely absolutely just all quite so also certainly definitely \
         most",
    ),
    (
        "good",
        "fine okay good great perfect alright cool awesome wonderful excellent fantastic lovely acceptable swell terrific agreeable suitable",
    ),
    ("true", "right correct true accurate affirmative valid truth factual exact truthful confirmed fact"),
    ("yes", "yes yeah yep yup affirmative absolutely definitely certainly sure surely indeed"),
    (
        "person",
        "person human somebody someone agent representative counselor counsellor nurse operator \
         supervisor people receptionist rep staff doctor therapist manager advisor",
    ),
    (
        "drug",
        "alcohol heroin fentanyl fent meth methamphetamine crystal cocaine coke crack opioid opioids \
         opiate opiates oxy oxycodone oxycontin percocet percs vicodin hydrocodone morphine codeine \
         tramadol dilaudid suboxone subutex buprenorphine methadone naltrexone vivitrol narcan naloxone \
         xanax benzos benzo benzodiazepines klonopin valium ativan adderall ritalin speed ecstasy molly \
         mdma ketamine lsd acid mushrooms weed marijuana cannabis pot thc kratom tianeptine xylazine \
         tranq pcp inhalants vodka whiskey beer beers wine liquor booze gabapentin lyrica pills dope \
         drugs drug cocaina heroina fentanilo alcol drogas metanfetamina",
    ),
    (
        "others",
        "he she they we it who people somebody someone everybody everyone lawyer attorney doctor \
         counselor sign paper notice",
    ),
    // Words after which a clause begins.
    (
        "joins",
        "and so no okay alright wait but actually then yes yeah please sorry hey listen look also nah \
         nope honestly because thought reflection @ thing one sharing permission just now y mejor",
    ),
    // What callers put before what they want done.
    (
        "polite",
        "please just actually now then so and but also can could would will you to i we want like need \
         have let us go ahead maybe think should am going hereby rather better might as well kindly \
         simply okay no wait yeah yes wanted trying hoping asking wish decided ready kind of wanting \
         love prefer mind best all do me help got must really truly honestly seriously",
    ),
    // Verbs of undoing.
    (
        "undo",
        "undo reverse revoke rescind retract withdraw cancel void nullify annul terminate end remove \
         pull scrap scratch strike drop delete erase kill nix axe ditch scrub trash discontinue suspend \
         disallow deauthorize unauthorize block halt exclude forget disregard ignore invalidate repeal \
         unsign uncheck unsay abort disable deactivate eliminate omit ban bar toss overturn recall dump \
         cut skip stop quit cease decline reject deny refuse lose delist unlist pause freeze wipe purge \
         expunge unsubscribe unenroll disenroll unregister deregister detach disconnect unlink sever \
         dissolve bin chuck yank bounce boot evict banish shred nuke zap squash quash shelve mute silence \
         uninvite disinvite untick unselect deselect unapprove revert retire retrieve relinquish forgo \
         forego abandon negate override countermand renounce repudiate disavow unwind obliterate rid \
         strip expel oust dismiss bypass avoid restrict close eject unhook uncouple unplug",
    ),
    (
        "undoing",
        "undoing reversing revoking rescinding retracting withdrawing cancelling canceling voiding \
         terminating ending removing pulling scrapping scratching striking dropping deleting ditching \
         discontinuing suspending blocking halting excluding cutting stopping declining nixing killing \
         recalling pausing",
    ),
    // Those of them that are said of agreements and of little else.
    (
        "core",
        "undo reverse revoke rescind retract withdraw cancel void nullify annul terminate invalidate \
         repeal unsay overturn recall disregard deauthorize unauthorize",
    ),
    (
        "undone",
        "undone reversed revoked rescinded retracted withdrawn cancelled canceled voided void terminated \
         over removed pulled scrapped dropped deleted erased gone off stopped ended blocked excluded \
         denied finished back out",
    ),
    // Agreements by their names.
    (
        "consents",
        "permission permissions consent consents authorization authorizations approval approvals \
         agreement agreements release releases sharing disclosure disclosures yeses okays signature \
         clearance yes",
    ),
    // Ways to reach somebody besides sharing.
    (
        "contact",
        "talk speak say whisper go check update follow mention keep run reach write text message call contact bother \
         include save store put bring loop ask deal use verify coordinate consult involve communicate \
         let add enter log",
    ),
    (
        "contacting",
        "talking speaking going checking updating following mentioning keeping running reaching writing \
         contacting calling texting messaging sending communicating dealing coordinating consulting \
         involving billing sharing telling giving informing notifying",
    ),
    // What shows that an utterance is about sharing.
    (
        "topic",
        "permission permissions consent consents authorization authorizations approval approvals sharing \
         share yeses agreed okayed allowed signed release releases disclosure",
    ),
    (
        "es_share",
        "comparta compartan compartir mande manden mandar envie envien enviar diga digan decir de den \
         dar cuente cuenten contar pase pasen pasar sepan sepa",
    ),
    // What stands for a permission, pointing at it.
    (
        "deal",
        "sharing share thing stuff part one piece bit business arrangement deal yes answer okay \
         permission permissions consent consents authorization authorizations approval agreement release \
         signature clearance access disclosure disclosures sign",
    ),
    // Who does something that is no request to us.
    ("someone_else", "they he she we who it job work boss people judge company cops"),
    // What stands between a recipient and "scratch that".
    (
        "about",
        "about regarding concerning for on with the my those these that this everything whatever said \
         gave told what hey ugh know all any it is was too thing stuff one from them they not there",
    ),
    // What is cancelled, forgotten or taken back and never shared.
    (
        "unshared",
        "appointment appointments home house card subscription order number callback visit meeting \
         reservation ride license licence parole probation bond bail money cash symptoms alcohol \
         drinking using name address birthday date then membership policy prescription transportation \
         pills medicine medication needles needle spelling tomorrow monday input command task process \
         setting",
    ),
    // What "cancel it" may point at besides sharing.
    (
        "booking",
        "appointment appointments reservation order subscription visit meeting ride prescription \
         membership flight trip booking refill",
    ),
];

static MEMBERS: LazyLock<BTreeMap<&'static str, BTreeSet<&'static str>>> =
    LazyLock::new(|| CLASSES.iter().map(|(name, words)| (*name, words.split(' ').collect())).collect());

/// The same, for looking up.
static SETS: LazyLock<BTreeMap<&'static str, BTreeSet<&'static str>>> =
    LazyLock::new(|| CLASSES.iter().map(|(name, words)| (*name, words.split(' ').collect())).collect());

/// The members of the class `name`.
pub(super) fn named(name: &str) -> Option<impl Iterator<Item = &'static str>> {
    MEMBERS.get(name).map(|members| members.iter().copied())
}

/// Whether `word` belongs to the class `name`.
pub(super) fn is(name: &str, word: &str) -> bool {
    SETS.get(name).is_some_and(|members| members.contains(word))
}
