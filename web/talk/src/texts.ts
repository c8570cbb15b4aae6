// The words of the page at /call. Those that the widget has too are the widget's.

import { wordsOf } from "../../widget/src/texts";

const en = {
  call: "Call",
  intro: "You talk with an automated assistant through your microphone. It tells you your rights before it asks anything.",
  start: "Start the call",
  end: "Hang up",
  type: "Type instead of talking",
  connected: "Connected. You can speak.",
  disturbed: "The connection is disturbed. One moment…",
  over: "The call is over.",
  known: "You know the notice. Questions about your treatment may follow.",
  unknown: "No questions about your treatment are asked.",
  failed: "Something went wrong. Reload the page and try again.",
  // Why there is no call, by code.
  no_microphone: "This page may not use the microphone, or there is none. Allow it, then try again.",
  unreachable: "The server cannot be reached. Try again in a moment.",
  silent: "This page may not play sound.",
  refused: "No call can be taken now. Try again in a moment.",
};

type Own = typeof en;

const es: Own = {
  call: "Llamar a",
  intro: "Usted habla con un asistente automatizado por su micrófono. Le dice sus derechos antes de preguntar nada.",
  start: "Comenzar la llamada",
  end: "Colgar",
  type: "Escribir en vez de hablar",
  connected: "Conectado. Puede hablar.",
  disturbed: "La conexión falla. Un momento…",
  over: "La llamada terminó.",
  known: "Usted conoce el aviso. Pueden seguir preguntas sobre su tratamiento.",
  unknown: "No se hacen preguntas sobre su tratamiento.",
  failed: "Algo salió mal. Vuelva a cargar la página e inténtelo otra vez.",
  no_microphone: "Esta página no puede usar el micrófono, o no hay ninguno. Permítalo e inténtelo otra vez.",
  unreachable: "No se puede llegar al servidor. Inténtelo en un momento.",
  silent: "Esta página no puede reproducir sonido.",
  refused: "Ahora no se puede tomar una llamada. Inténtelo en un momento.",
};

export function textsOf(tag: string) {
  return { ...wordsOf(tag), ...(tag.toLowerCase().startsWith("es") ? es : en) };
}
