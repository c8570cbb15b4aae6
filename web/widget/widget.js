"use strict";(()=>{var b=[500,1e3,2e3,4e3,8e3,15e3],w=2,c=class{constructor(e,t,r,s,n){this.server=e;this.program=t;this.locale=r;this.to=n;this.token=s,addEventListener("online",this.online)}server;program;locale;to;socket=null;stream=null;address=null;token;after=0;tries=0;deaf=0;timer=0;over=!1;online=()=>this.again();open(){clearTimeout(this.timer),!this.over&&(this.to.state("connecting"),this.deaf>=w?this.openStream():this.openSocket())}takeBack(){this.over=!1,this.open()}send(e){return this.socket?.readyState===WebSocket.OPEN?(this.socket.send(JSON.stringify(e)),!0):this.stream&&this.address?(this.post(this.address,e),!0):!1}close(){this.over=!0,clearTimeout(this.timer),removeEventListener("online",this.online),this.socket?.close(),this.stream?.abort(),this.socket=this.stream=null}start(){return{type:"start",locale:this.locale,resume:this.token,after:this.after}}openSocket(){let e=new URL(`chat/${encodeURIComponent(this.program)}`,this.server);e.protocol=e.protocol.replace("http","ws");let t;try{t=new WebSocket(e)}catch{return this.deaf=w,this.lost()}let r=!1;this.socket=t,t.onopen=()=>{r=!0,this.deaf=0,t.send(JSON.stringify(this.start()))},t.onmessage=s=>{this.socket===t&&this.take(s.data)},t.onclose=s=>{this.socket===t&&(this.socket=null,!r&&navigator.onLine&&(this.deaf+=1),s.code===4001?this.elsewhere():this.lost())}}async openStream(){let e=new AbortController;this.stream=e;try{let t=new URL(`chat/${encodeURIComponent(this.program)}`,this.server),r=await this.post(t.href,this.start());if(!r?.ok)throw new Error("not begun");let s=await r.json();this.token=s.resume,this.address=`${t.href}/${s.call_id}`;let n=await fetch(`${this.address}/events`,{headers:{authorization:`Bearer ${this.token}`,"last-event-id":String(this.after)},signal:e.signal}),a=n.body?.pipeThrough(new TextDecoderStream).getReader();if(!n.ok||!a)throw new Error("no events");let l="";for(;;){let{done:d,value:h}=await a.read();if(d)break;let v=(l+h).split(`

`);l=v.pop()??"";for(let x of v){let f=x.split(`
`).find(S=>S.startsWith("data:"));f&&this.take(f.slice(5).trim())}}}catch{}this.stream===e&&(this.stream=null,this.lost())}async post(e,t){let r={"content-type":"application/json"};this.token&&(r.authorization=`Bearer ${this.token}`);try{return await fetch(e,{method:"POST",headers:r,body:JSON.stringify(t),keepalive:!0})}catch{return null}}take(e){let t=JSON.parse(e);if(t.type==="started"&&(this.token=t.resume,this.tries=0,this.to.state("open")),t.type==="error"&&t.code==="resume_gone"&&(this.after=0),t.type==="error"&&t.code==="taken_over")return this.elsewhere();"seq"in t&&(this.after=Math.max(this.after,t.seq)),t.type==="ended"&&(this.over=!0),this.to.event(t),t.type==="ended"&&this.to.state("closed")}elsewhere(){this.over=!0,this.to.state("elsewhere")}lost(){if(this.over)return;this.to.state("waiting");let e=b[Math.min(this.tries,b.length-1)]??15e3;this.tries+=1,clearTimeout(this.timer),this.timer=window.setTimeout(()=>this.open(),e)}again(){!this.over&&!this.socket&&!this.stream&&this.open()}};var p=class{waiting=new Map;observer=new IntersectionObserver(e=>this.looked(e),{threshold:[.99,1]});back=()=>this.lookAgain();constructor(){document.addEventListener("visibilitychange",this.back)}watch(e,t,r){let s=0,n=[];for(let a of t.split(`
`).filter(l=>l.trim())){let l=document.createElement("p");for(let d of E(a)){let h=document.createElement("span");h.textContent=d,l.append(h),n.push(h)}e.append(l)}s=n.length;for(let a of n)this.waiting.set(a,()=>{s-=1,s===0&&r()}),this.observer.observe(a)}stop(){this.observer.disconnect(),this.waiting.clear(),document.removeEventListener("visibilitychange",this.back)}looked(e){if(document.visibilityState==="visible")for(let t of e){let{width:r,height:s}=t.boundingClientRect;if(t.intersectionRatio<.99||r===0||s===0)continue;let n=this.waiting.get(t.target);this.waiting.delete(t.target),this.observer.unobserve(t.target),n?.()}}lookAgain(){if(document.visibilityState==="visible")for(let e of this.waiting.keys())this.observer.unobserve(e),this.observer.observe(e)}};function E(o){let e=[],t="";for(let r of o.split(/(?<=\s)/))t&&t.length+r.length>60&&(e.push(t),t=""),t+=r;return t&&e.push(t),e}var k=`
:host {
  --accent: var(--candor-accent, #1f5f5b);
  --on-accent: var(--candor-on-accent, #ffffff);
  --background: var(--candor-background, #fbfaf7);
  --surface: var(--candor-surface, #ffffff);
  --text: var(--candor-text, #22302f);
  --muted: var(--candor-muted, #55625f);
  --rule: var(--candor-rule, #d9d6cd);
  --edge: var(--candor-edge, #7d8783);
  --mine: var(--candor-mine, #e3eeec);
  --warn: var(--candor-warn, #8a2f16);
  --radius: var(--candor-radius, 14px);
  display: block;
  color: var(--text);
  font: 1rem/1.55 var(--candor-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif);
  text-align: start;
  max-width: 44rem;
  margin-inline: auto;
}
@media (prefers-color-scheme: dark) {
  :host(:not([theme="light"])) {
    --accent: var(--candor-accent-dark, #8fd0c6);
    --on-accent: var(--candor-on-accent-dark, #0d2422);
    --background: var(--candor-background-dark, #131a1a);
    --surface: var(--candor-surface-dark, #1b2424);
    --text: var(--candor-text-dark, #e8eceb);
    --muted: var(--candor-muted-dark, #aab6b3);
    --rule: var(--candor-rule-dark, #33403f);
    --edge: var(--candor-edge-dark, #83918e);
    --mine: var(--candor-mine-dark, #23403d);
    --warn: var(--candor-warn-dark, #ffb59c);
  }
}
:host([theme="dark"]) {
  --accent: var(--candor-accent-dark, #8fd0c6);
  --on-accent: var(--candor-on-accent-dark, #0d2422);
  --background: var(--candor-background-dark, #131a1a);
  --surface: var(--candor-surface-dark, #1b2424);
  --text: var(--candor-text-dark, #e8eceb);
  --muted: var(--candor-muted-dark, #aab6b3);
  --rule: var(--candor-rule-dark, #33403f);
  --edge: var(--candor-edge-dark, #83918e);
  --mine: var(--candor-mine-dark, #23403d);
  --warn: var(--candor-warn-dark, #ffb59c);
}
*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.chat {
  display: flex; flex-direction: column;
  height: var(--candor-height, min(46rem, 94dvh)); min-height: 24rem;
  background: var(--background); border: 1px solid var(--rule); border-radius: var(--radius); overflow: hidden;
}
header { display: flex; align-items: center; gap: .75rem; padding: .7rem .9rem; background: var(--surface);
  border-bottom: 1px solid var(--rule); }
header .name { flex: 1; min-width: 0; }
h2 { font-size: 1.05rem; font-weight: 650; line-height: 1.25; margin: 0; }
.status { margin: 0; font-size: .85rem; color: var(--muted); }
.status::before { content: ""; display: inline-block; width: .55em; height: .55em; border-radius: 50%;
  margin-inline-end: .45em; background: var(--edge); }
.status[data-state="open"]::before { background: var(--accent); }
.status[data-state="waiting"], .status[data-state="elsewhere"] { color: var(--warn); }
button, input { font: inherit; color: inherit; }
button { min-height: 2.75rem; padding: .4rem 1rem; border-radius: calc(var(--radius) * .7); cursor: pointer;
  background: var(--surface); border: 1px solid var(--edge); }
button:hover { border-color: var(--accent); }
button.strong { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
button[aria-disabled="true"] { cursor: default; background: transparent; border: 1px dashed var(--edge);
  color: var(--muted); font-weight: 400; }
button.exit { background: var(--warn); border-color: var(--warn); color: var(--background); font-weight: 600;
  white-space: nowrap; }
button.small { min-height: 2rem; padding: .1rem .7rem; font-size: .875rem; }
button.plain { border-color: transparent; background: transparent; color: var(--accent); text-decoration: underline;
  text-underline-offset: .2em; padding-inline: .5rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.sharing { padding: .5rem .9rem; border-bottom: 1px solid var(--rule); background: var(--surface); font-size: .9rem; }
h3 { font-size: .9rem; font-weight: 600; margin: 0; display: inline; }
.sharing p { display: inline; margin: 0; color: var(--muted); }
.sharing ul { list-style: none; margin: .2rem 0 0; padding: 0; max-height: 8.5rem; overflow-y: auto; }
.sharing li { display: flex; align-items: center; gap: .6rem; min-height: 2.1rem; }
.sharing li span { flex: 1; min-width: 0; }
.sharing .mark { flex: none; width: 1.1em; color: var(--muted); }
.sharing [data-decision="granted"] .mark { color: var(--accent); }
.sharing em { font-style: normal; color: var(--muted); }
.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 1rem .9rem; scroll-padding: 1rem; }
.log:focus-visible { outline-offset: -3px; }
.line { max-width: min(36rem, 92%); margin: 0 0 .7rem; padding: .6rem .85rem; border-radius: var(--radius);
  background: var(--surface); border: 1px solid var(--rule); overflow-wrap: anywhere; }
.line p { margin: 0; }
.line p + p { margin-top: .5rem; }
.line.mine { margin-inline-start: auto; width: fit-content; background: var(--mine); border-color: transparent; }
.line.must { border-inline-start: 4px solid var(--accent); border-start-start-radius: 4px; border-end-start-radius: 4px; }
.line.emergency { border: 2px solid var(--warn); font-weight: 600; }
.label { display: block; font-size: .78rem; font-weight: 600; color: var(--muted); letter-spacing: .01em; }
.foot { border-top: 1px solid var(--rule); background: var(--surface); padding: .7rem .9rem; display: grid; gap: .6rem; }
.hint { margin: 0; font-size: .9rem; color: var(--muted); }
.hint.alert { color: var(--warn); font-weight: 600; }
.choices { display: flex; flex-wrap: wrap; gap: .5rem; }
form { display: flex; gap: .5rem; align-items: end; }
label { flex: 1; min-width: 0; font-size: .85rem; color: var(--muted); }
input { display: block; width: 100%; min-height: 2.75rem; padding: .4rem .7rem; margin-top: .15rem; font-size: 1rem;
  color: var(--text); background: var(--background); border: 1px solid var(--edge); border-radius: calc(var(--radius) * .7); }
.tools { display: flex; flex-wrap: wrap; gap: 0 .3rem; margin-inline: -.5rem; }
.welcome { flex: 1; overflow-y: auto; padding: 1.5rem .9rem; display: flex; flex-direction: column;
  justify-content: center; gap: 1rem; align-items: flex-start; }
.welcome p { margin: 0; max-width: 34rem; }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 30rem) {
  header { padding: .45rem .65rem; } .log { padding: .65rem; } .sharing { padding: .35rem .65rem; }
  .foot { padding: .5rem .65rem .35rem; gap: .4rem; }
  .line { max-width: 96%; padding: .5rem .7rem; margin-bottom: .55rem; }
  button { padding-inline: .7rem; } .tools button { min-height: 1.75rem; }
  label, .hint { font-size: .82rem; line-height: 1.35; }
}
@media (prefers-reduced-motion: no-preference) {
  .log { scroll-behavior: smooth; }
  .line { animation: come .18s ease-out; }
  @keyframes come { from { opacity: 0; transform: translateY(4px); } }
}
@media (forced-colors: active) { .line, button { border: 1px solid; } .status::before { forced-color-adjust: none; } }
`;var T={title:"Private chat",intro:"You can write with an automated assistant. Nothing is sent before you press start. You can stop at any time.",start:"Start the chat",other:"Español",otherTag:"es-US",exit:"Exit quickly",exitHint:"Leaves this page at once and clears the chat from it. You can also press Escape twice.",log:"Conversation",you:"You",assistant:"Assistant",sharing:"What is shared",nothing:"Nothing is shared with anyone.",granted:"You said yes",denied:"Not shared",deferred:"Left open, not shared",incomplete:"Left open, not shared",revoked:"Taken back, nothing more is sent",revoke:"Take back",revokeFor:"Take back what is shared with",answer:"Your answer",send:"Send",name:"Your full name",write:"Write instead",sign:"Back to signing",readFirst:"To go on, read the text above to its end.",answers:"Answers",more:"More",save:"Save a transcript",saved:"The transcript was saved on this device. Anyone who uses this device can read it.",end:"End the chat",connecting:"Connecting…",open:"Connected",waiting:"No connection. Trying again; nothing you wrote is lost.",offline:"This device is offline. The chat goes on when it is back.",elsewhere:"This chat is open in another tab.",here:"Go on here",closed:"The chat is over.",again:"Start a new chat",resumed:"That chat was closed meanwhile. This is a new one.",unavailable:"No chat can be begun now. Please call instead, or try again in a moment.",notSent:"That was not sent: there is no connection.",wrong:"That could not be sent. Please try again in other words.",document:"Text you sign",notice:"Privacy notice"},L={title:"Chat privado",intro:"Puede escribir con un asistente automatizado. No se envía nada antes de que pulse comenzar. Puede parar en cualquier momento.",start:"Comenzar el chat",other:"English",otherTag:"en-US",exit:"Salir rápido",exitHint:"Sale de esta página enseguida y borra el chat de ella. También puede pulsar Escape dos veces.",log:"Conversación",you:"Usted",assistant:"Asistente",sharing:"Qué se comparte",nothing:"No se comparte nada con nadie.",granted:"Usted dijo que sí",denied:"No se comparte",deferred:"Queda abierto, no se comparte",incomplete:"Queda abierto, no se comparte",revoked:"Retirado, no se envía nada más",revoke:"Retirar",revokeFor:"Retirar lo que se comparte con",answer:"Su respuesta",send:"Enviar",name:"Su nombre completo",write:"Escribir",sign:"Volver a firmar",readFirst:"Para seguir, lea el texto de arriba hasta el final.",answers:"Respuestas",more:"Más",save:"Guardar una transcripción",saved:"La transcripción se guardó en este aparato. Cualquiera que lo use puede leerla.",end:"Terminar el chat",connecting:"Conectando…",open:"Conectado",waiting:"Sin conexión. Intentando otra vez; no se pierde nada de lo que escribió.",offline:"Este aparato no tiene conexión. El chat sigue cuando vuelva.",elsewhere:"Este chat está abierto en otra pestaña.",here:"Seguir aquí",closed:"El chat terminó.",again:"Comenzar otro chat",resumed:"Ese chat ya se había cerrado. Este es uno nuevo.",unavailable:"Ahora no se puede comenzar un chat. Llame por teléfono, o inténtelo en un momento.",notSent:"Eso no se envió: no hay conexión.",wrong:"Eso no se pudo enviar. Inténtelo con otras palabras.",document:"Texto que usted firma",notice:"Aviso de privacidad"};function u(o){return o.toLowerCase().startsWith("es")?L:T}var C=1500;function i(o,e={},...t){let r=document.createElement(o);for(let[s,n]of Object.entries(e))r.setAttribute(s,n);return r.append(...t),r}var g=class{constructor(e,t){this.shadow=e;this.options=t;this.locale=t.locale.toLowerCase().startsWith("es")?"es-US":"en-US",this.words=u(this.locale);let r=new CSSStyleSheet;r.replaceSync(k),e.adoptedStyleSheets=[r],document.addEventListener("keydown",this.onKey),addEventListener("online",this.onNetwork),addEventListener("offline",this.onNetwork);let s=this.kept();s?this.begin(s):this.welcome()}shadow;options;words;locale;connection=null;sight=new p;state="connecting";consents=new Map;unseen=new Set;transcript=[];choices=[];replaying=!1;first=null;escaped=0;box;status;sharing;log;hint;answers;signing;signer;signButton;writing;typing;text;tools;onKey=e=>{e.key==="Escape"&&(e.timeStamp-this.escaped<C&&this.exit(),this.escaped=e.timeStamp)};onNetwork=()=>this.showState();leave(){this.connection?.close(),this.sight.stop(),document.removeEventListener("keydown",this.onKey),removeEventListener("online",this.onNetwork),removeEventListener("offline",this.onNetwork),this.shadow.replaceChildren()}get key(){return`candor-chat:${this.options.program}`}kept(){try{return sessionStorage.getItem(this.key)}catch{return null}}keep(e){try{e?sessionStorage.setItem(this.key,e):sessionStorage.removeItem(this.key)}catch{}}frame(...e){let t=i("button",{class:"exit",type:"button","aria-describedby":"exit-hint"},this.words.exit);t.onclick=()=>this.exit(),this.status=i("p",{class:"status",role:"status"}),this.box=i("section",{class:"chat",lang:this.locale.slice(0,2),"aria-labelledby":"title"},i("header",{},i("div",{class:"name"},i("h2",{id:"title"},this.options.title??this.words.title),this.status),i("span",{id:"exit-hint",class:"away"},this.words.exitHint),t),...e),this.shadow.replaceChildren(this.box)}welcome(){let e=i("button",{class:"strong",type:"button"},this.words.start);e.onclick=()=>this.begin(null);let t=i("button",{class:"plain",type:"button",lang:this.words.otherTag.slice(0,2)},this.words.other);t.onclick=()=>{this.locale=this.words.otherTag,this.words=u(this.locale),this.welcome(),this.shadow.querySelector(".plain")?.focus()},this.frame(i("div",{class:"welcome"},i("p",{},this.words.intro),i("p",{},this.words.exitHint),e,t)),this.status.hidden=!0}room(){let e=this.words;this.sharing=i("div",{class:"sharing",role:"region","aria-label":e.sharing}),this.log=i("div",{class:"log",role:"log","aria-label":e.log,"aria-live":"polite",tabindex:"0"}),this.hint=i("p",{class:"hint",role:"status"}),this.answers=i("div",{class:"choices",role:"group","aria-label":e.answers}),this.signer=i("input",{autocomplete:"name",maxlength:"200",required:""}),this.signButton=i("button",{type:"submit"}),this.signing=i("form",{},i("label",{},e.name,this.signer),this.signButton),this.signing.onsubmit=s=>{s.preventDefault();let n=this.signer.value.trim();if(this.unseen.size||!n)return this.explain();this.choose({value:"sign",label:this.signButton.textContent??""},n),this.signer.value=""},this.writing=i("button",{type:"button"}),this.writing.onclick=()=>this.toggleWriting(),this.text=i("input",{autocomplete:"off",maxlength:"2000",enterkeyhint:"send"}),this.typing=i("form",{},i("label",{},e.answer,this.text),i("button",{class:"strong",type:"submit"},e.send)),this.typing.onsubmit=s=>{s.preventDefault();let n=this.text.value.trim();if(n){if(!this.connection?.send({type:"text",text:n}))return this.tell(e.notSent,!0);this.text.value="",this.mine(n),this.offer([])}};let t=i("button",{class:"plain small",type:"button"},e.save);t.onclick=()=>this.save();let r=i("button",{class:"plain small",type:"button"},e.end);r.onclick=()=>this.connection?.send({type:"end"}),this.tools=i("div",{class:"tools",role:"group","aria-label":e.more},t,r),this.frame(this.sharing,this.log,i("div",{class:"foot"},this.hint,this.answers,this.signing,this.typing,this.tools)),this.showSharing(),this.offer([])}begin(e){this.consents.clear(),this.unseen.clear(),this.transcript=[],this.room(),this.replaying=e!==null,this.replaying&&this.log.setAttribute("aria-live","off"),this.connection=new c(this.options.server,this.options.program,this.locale,e,{event:t=>this.take(t),state:t=>{this.state=t,this.showState()}}),this.connection.open(),this.log.focus({preventScroll:!0})}take(e){switch(e.type){case"started":this.keep(e.resume);break;case"line":this.line(e);break;case"consent":this.consents.set(e.recipient,e),this.showSharing();break;case"listening":this.listening();break;case"ended":this.ended();break;case"error":this.failed(e.code);break;case"gate":break}}line(e){this.replaying&&!this.log.childElementCount&&e.locale!==this.locale&&this.speak(e.locale),e.choices.length&&(this.choices=e.choices);let t=e.must_see?" must":"",r=i("div",{class:`line ${e.kind}${t}`,lang:e.locale.slice(0,2),"data-line":e.id});if(e.must_see){let s=e.kind==="signature"?this.words.document:this.words.notice;r.append(i("span",{class:"label"},s)),this.unseen.add(e.id),this.sight.watch(r,e.text,()=>{this.unseen.delete(e.id),this.connection?.send({type:"seen",line:e.id}),this.explain()})}else r.append(i("p",{},e.text));this.transcript.push(`${this.words.assistant}: ${e.text}`),this.add(r)}speak(e){this.locale=e,this.words=u(e),this.room(),this.log.setAttribute("aria-live","off"),this.showState()}mine(e){this.box.dataset.turn="agent",this.transcript.push(`${this.words.you}: ${e}`);let t=i("div",{class:"line mine"},i("span",{class:"away"},`${this.words.you}: `),i("p",{},e));this.add(t),this.first=null,this.log.scrollTop=this.log.scrollHeight,this.unseen.clear()}add(e){this.log.append(e),this.first??=e}listening(){if(this.offer(this.choices),this.choices=[],this.replaying)this.replaying=!1,this.log.setAttribute("aria-live","polite"),this.log.scrollTop=this.log.scrollHeight;else if(this.first){let e=this.first.offsetTop-this.log.offsetTop-16;this.log.scrollTop=Math.min(e,this.log.scrollHeight)}this.first=null,this.box.dataset.turn="caller"}offer(e){let t=e.find(s=>s.value==="sign");this.signing.hidden=!t,this.typing.hidden=!!t,this.writing.hidden=!t,this.writing.textContent=this.words.write,t&&(this.signButton.textContent=t.label);let r=e.filter(s=>s!==t);this.answers.replaceChildren(...r.map(s=>{let n=i("button",{type:"button","data-choice":s.value},s.label);return n.onclick=()=>{if(n.getAttribute("aria-disabled")==="true")return this.explain();this.choose(s)},n})),t&&this.answers.append(this.writing),this.answers.hidden=r.length===0,this.explain()}toggleWriting(){let e=this.typing.hidden;this.typing.hidden=!e,this.signing.hidden=e,this.writing.textContent=e?this.words.sign:this.words.write,(e?this.text:this.signer).focus(),this.explain()}choose(e,t){if(!this.connection?.send({type:"choice",value:e.value,...t?{name:t}:{}}))return this.tell(this.words.notSent,!0);this.mine(t?`${t}. ${e.label}`:e.label),this.offer([]),this.log.focus({preventScroll:!0})}explain(){let e=this.unseen.size>0,t=[...this.answers.querySelectorAll('[data-choice="affirm"]'),this.signButton];for(let r of t)r.setAttribute("aria-disabled",String(e));this.tell(e&&(!this.answers.hidden||!this.signing.hidden)?this.words.readFirst:"",!1)}tell(e,t){this.hint.textContent!==e&&(this.hint.textContent=e),this.hint.classList.toggle("alert",t),this.hint.hidden=!e}failed(e){e==="resume_gone"?(this.log.replaceChildren(),this.consents.clear(),this.showSharing(),this.replaying=!1,this.log.setAttribute("aria-live","polite"),this.tell(this.words.resumed,!0)):e==="unavailable"||e==="too_many"?(this.connection?.close(),this.keep(null),this.over(this.words.unavailable)):e!=="unknown_line"&&this.tell(this.words.wrong,!0)}ended(){this.keep(null),this.over(this.words.closed)}over(e){this.state="closed",this.box.dataset.turn="nobody",this.offer([]),this.typing.hidden=!0,this.tell(e,!1);let t=i("button",{type:"button",class:"strong"},this.words.again);t.onclick=()=>{this.connection?.close(),this.begin(null)},this.answers.replaceChildren(t),this.answers.hidden=!1,this.tools.lastElementChild?.remove(),this.showSharing(),this.showState()}showSharing(){let e=this.words,t=i("h3",{},`${e.sharing}: `);if(this.consents.size===0)return this.sharing.replaceChildren(t,i("p",{},e.nothing));let r=[...this.consents.values()].map(s=>{let n=s.name??s.recipient,a=s.decision==="granted",l=e[s.decision]??s.decision,d=i("li",{"data-recipient":s.recipient,"data-decision":s.decision},i("span",{class:"mark","aria-hidden":"true"},a?"✓":"–"),i("span",{},n," ",i("em",{},`(${l})`)));if(a&&this.state!=="closed"){let h=i("button",{class:"small",type:"button","aria-label":`${e.revokeFor} ${n}`},e.revoke);h.onclick=()=>this.choose({value:`revoke:${s.recipient}`,label:`${e.revoke}: ${n}`}),d.append(h)}return d});this.sharing.replaceChildren(t,i("ul",{},...r))}showState(){if(!this.connection)return;let e=!navigator.onLine&&this.state!=="closed",t=e?this.words.offline:this.words[this.state];if(this.status.textContent!==t&&(this.status.textContent=t),this.status.dataset.state=e?"waiting":this.state,this.state==="elsewhere"){let r=i("button",{type:"button",class:"strong"},this.words.here);r.onclick=()=>this.connection?.takeBack(),this.answers.replaceChildren(r),this.answers.hidden=!1,this.typing.hidden=this.signing.hidden=!0}else this.state==="open"&&(this.typing.hidden=!this.signing.hidden)}save(){let e=this.transcript.join(`

`)+`
`,t=URL.createObjectURL(new Blob([e],{type:"text/plain"}));i("a",{href:t,download:"chat.txt"}).click(),setTimeout(()=>URL.revokeObjectURL(t),1e4),this.tell(this.words.saved,!1)}exit(){this.keep(null),this.connection?.send({type:"end"}),this.transcript=[],this.leave(),document.title="",document.body.replaceChildren(),location.replace(this.options.exitTo??new URL("blank",this.options.server).href)}};var y=document.currentScript,M=y?.src?new URL(".",y.src).href:new URL("/",location.href).href,m=class extends HTMLElement{chat=null;connectedCallback(){let e=this.shadowRoot??this.attachShadow({mode:"open"});this.chat=new g(e,{program:this.getAttribute("program")??"",server:new URL(this.getAttribute("server")??M,location.href).href,locale:this.getAttribute("locale")??navigator.language,title:this.getAttribute("heading"),exitTo:this.getAttribute("exit-to")})}disconnectedCallback(){this.chat?.leave(),this.chat=null}};customElements.get("candor-chat")||customElements.define("candor-chat",m);})();
