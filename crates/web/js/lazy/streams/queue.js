// First in, first out: the queues of chunks and of waiting requests. Linked nodes rather than an array, because an
// array's methods, and even its missing indices, lead through `Array.prototype`, which a tenant may patch.

class Node {
  constructor(value, size) {
    this.value = value;
    this.size = size;
    this.next = undefined;
  }
}

export class List {
  constructor() {
    this.head = undefined;
    this.tail = undefined;
    this.length = 0;
  }

  push(value, size = 0) {
    const node = new Node(value, size);
    if (this.tail === undefined) this.head = node;
    else this.tail.next = node;
    this.tail = node;
    this.length++;
  }

  peek() {
    return this.head.value;
  }

  shift() {
    const node = this.head;
    this.head = node.next;
    if (this.head === undefined) this.tail = undefined;
    this.length--;
    return node.value;
  }

  /** Empties the list and calls `visit` with each value that was in it. */
  drain(visit) {
    let node = this.head;
    this.clear();
    for (; node !== undefined; node = node.next) visit(node.value);
  }

  clear() {
    this.head = undefined;
    this.tail = undefined;
    this.length = 0;
  }
}

/** The specification's queue-with-sizes. */
export class QueueWithSizes extends List {
  constructor() {
    super();
    this.totalSize = 0;
  }

  enqueue(value, size) {
    if (!(size >= 0) || size === Infinity) {
      throw new RangeError(`The size of a chunk must be a finite, non-negative number, but the strategy's size() gave ${size}.`);
    }
    this.push(value, size);
    this.totalSize += size;
  }

  dequeue() {
    this.totalSize -= this.head.size;
    // Sums of fractions drift: an emptied queue could otherwise end up with a size below nothing.
    if (this.totalSize < 0) this.totalSize = 0;
    return this.shift();
  }

  reset() {
    this.clear();
    this.totalSize = 0;
  }
}
