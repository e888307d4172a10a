// One browser of one person: the official client, with the cookies and the origin a browser would add.
import { createAuthClient } from "better-auth/client";
import { twoFactorClient } from "better-auth/client/plugins";

export const platform = process.env.PLATFORM;
export const sandbox = process.env.SANDBOX;
export const password = "Testpass1";

const origin = "http://localhost:3000";

export class Person {
  cookies = new Map();

  constructor(email = `person-${crypto.randomUUID()}@example.com`) {
    this.email = email;
    this.auth = createAuthClient({
      baseURL: platform,
      plugins: [twoFactorClient()],
      fetchOptions: { customFetchImpl: this.fetch },
    });
  }

  /** Another browser of the same person. */
  elsewhere() {
    return new Person(this.email);
  }

  async signUp() {
    return ok(await this.auth.signUp.email({ name: "Ann Example", email: this.email, password }));
  }

  signIn(more = {}) {
    return this.auth.signIn.email({ email: this.email, password, ...more });
  }

  async isSignedIn() {
    return ok(await this.auth.getSession()) !== null;
  }

  /** Where the platform sends the browser that opens this address. */
  async open(url) {
    const response = await this.fetch(url, { redirect: "manual" });
    return response.headers.get("location");
  }

  cookie(name) {
    return this.cookies.get(`better-auth.${name}`);
  }

  fetch = async (url, options = {}) => {
    const headers = new Headers(options.headers);
    headers.set("origin", origin);
    if (this.cookies.size > 0) {
      headers.set("cookie", [...this.cookies].map(([name, { value }]) => `${name}=${value}`).join("; "));
    }
    const response = await fetch(url, { ...options, headers });
    for (const line of response.headers.getSetCookie()) { this.#keep(line); }
    return response;
  };

  #keep(line) {
    const [pair, ...attributes] = line.split("; ");
    const at = pair.indexOf("=");
    const maxAge = attributes.find((each) => each.startsWith("Max-Age="))?.slice("Max-Age=".length);
    if (maxAge === "0") { this.cookies.delete(pair.slice(0, at)); }
    else { this.cookies.set(pair.slice(0, at), { value: pair.slice(at + 1), maxAge }); }
  }
}

/** The data of an answer that must not be an error. */
export function ok({ data, error }) {
  if (error) { throw new Error(`Refused: ${JSON.stringify(error)}`); }
  return data;
}

/** The error of an answer that must be one, as the client's user tells errors apart. */
export function refused({ data, error }) {
  if (!error) { throw new Error(`Not refused: ${JSON.stringify(data)}`); }
  return { status: error.status, code: error.code };
}

/** Says on a line of its own which step of the story begins, and does it. */
export async function step(name, act) {
  console.log(JSON.stringify({ step: name }));
  await act();
}

/** The link with that path in the newest such mail, waited for, as an address of the platform under test. */
export async function mailedLink(to, path) {
  for (let tries = 0; tries < 500; tries++) {
    const mails = await (await fetch(`${sandbox}/mails?to=${encodeURIComponent(to)}`)).json();
    for (const link of mails.flatMap((mail) => mail.links)) {
      const { pathname, search } = new URL(link);
      if (pathname.startsWith(path)) { return new URL(pathname + search, platform); }
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`No mail to ${to} has a link to ${path}.`);
}
