// Embeddings: how long they are, and how much the texts have in common.

import { make, makeTable, scrolling } from "./dom.js";
import { counted } from "./numbers.js";

const lines = (text) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");
const norm = (vector) => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

// The vectors of an answer, one for each text. An endpoint that answers one for each token gives `width` times their
// number of values: their mean stands for the text.
export function vectorsOf(embeddings, width) {
  return embeddings.map((values) => {
    if (!width || values.length <= width || values.length % width !== 0) return values;
    const tokens = values.length / width;
    return Array.from({ length: width }, (_, i) => {
      let sum = 0;
      for (let token = 0; token < tokens; ++token) sum += values[token * width + i];
      return sum / tokens;
    });
  });
}

export function cosine(a, b) {
  const product = a.reduce((sum, value, i) => sum + value * b[i], 0);
  const length = norm(a) * norm(b);
  return length > 0 ? product / length : 0;
}

function showDetail(box, result, values) {
  box.replaceChildren();
  if (result.error) return;
  const texts = lines(values.texts);
  const vectors = vectorsOf(result.embeddings, result.model.hidden_size);
  const pooled = vectors.some((vector, i) => vector.length !== result.embeddings[i].length);
  const rows = vectors.map((vector, i) => [
    `${i + 1}. ${texts[i]}`, String(result.embeddings[i].length), norm(vector).toFixed(2),
    ...vectors.map((other) => cosine(vector, other).toFixed(3)),
  ]);
  const head = ["text", "numbers", "length", ...vectors.map((_, i) => `to ${i + 1}`)];
  const table = makeTable("Cosine similarity of the texts for the model shown", head, rows);
  box.append(scrolling(table, "Similarities"));
  if (pooled) box.append(make("p", "This endpoint answers a vector for each token; their means are compared.", "note"));
}

export const embeddings = {
  name: "transformers_embedding_extraction",
  title: "Embeddings",
  fields: [{ id: "texts", label: "Texts, one in each line", rows: 5, missing: "Write a text." }],
  examples: [
    { name: "Two of a kind", texts: "A dog runs over the beach.\nA puppy plays in the sand.\nThe bank raised its rates." },
    { name: "One question, two answers", texts: "When does the museum open?\nThe museum opens at nine.\nThe bus leaves at nine." },
  ],
  body: ({ texts }) => ({ inputs: lines(texts) }),
  answer: (result) => `${counted(result.embeddings.length, "vector")} of ${result.embeddings[0].length}`,
  score: () => undefined,
  scoreNote: "Embeddings have no score.",
  showDetail,
};
