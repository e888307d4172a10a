// What the stories of the chat services share: the sandbox's controls, and waiting for what comes by itself.
import { sandbox } from "./person.mjs";

export async function tell(path, body) {
  const answer = await fetch(`${sandbox}${path}`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
  });
  if (!answer.ok) { throw new Error(`${path}: ${answer.status} ${await answer.text()}`); }
  return answer.headers.get("content-type")?.includes("json") ? answer.json() : null;
}

export const look = async (path) => (await fetch(`${sandbox}${path}`)).json();

export async function until(holds, what) {
  for (let tries = 0; tries < 1500; tries++) {
    if (await holds()) { return; }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`It did not come: ${what}.`);
}
