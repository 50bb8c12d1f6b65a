const WAITING_MAX = 1000;

/** A queue with one reader, who waits when it is empty. A reader who falls too far behind is dropped. */
export class Inbox<T> implements AsyncIterable<T> {
  #waiting: T[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  put(item: T): void {
    if (this.#ended) return;
    this.#waiting.push(item);
    if (this.#waiting.length > WAITING_MAX) this.#ended = true;
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    while (true) {
      yield* this.#waiting.splice(0);
      if (this.#ended) return;
      await new Promise<void>((resolve) => { this.#wake = resolve; });
    }
  }
}
