/**
 * An anchor and some content in, a box beside the anchor out, which Escape and the next click close.
 */

import { make } from './dom';

const GAP = 4;

/** One box at a time, above everything else. */
export class Popover {
  get isOpen(): boolean {
    return this.node !== null;
  }

  /** Show `content` beside `anchor`, and put the focus into it. */
  open(anchor: HTMLElement, label: string, content: HTMLElement): void {
    this.close(false);
    const node = make('div', { className: 'galai-popover', ariaLabel: label });
    node.setAttribute('role', 'dialog');
    node.append(content);
    node.addEventListener('keydown', event => {
      event.stopPropagation();
      if (event.key === 'Escape') {
        event.preventDefault();
        this.close();
      }
    });
    node.addEventListener('focusout', event => {
      const to = event.relatedTarget as Node | null;
      if (to && !node.contains(to)) {
        this.close(false);
      }
    });
    document.body.append(node);
    this.node = node;
    this.anchor = anchor;
    anchor.setAttribute('aria-expanded', 'true');
    this.place();
    document.addEventListener('pointerdown', this.onPointer, true);
    document.addEventListener('scroll', this.onScroll, true);
    window.addEventListener('resize', this.onScroll);
    node.querySelector('button')?.focus({ preventScroll: true });
  }

  /** Move the box to its anchor, after its content changed. */
  place(): void {
    if (!this.node || !this.anchor) {
      return;
    }
    const anchor = this.anchor.getBoundingClientRect();
    const { width, height } = this.node.getBoundingClientRect();
    const below = anchor.bottom + GAP;
    const above = anchor.top - GAP - height;
    const top =
      below + height <= window.innerHeight || above < 0 ? below : above;
    const left = Math.min(anchor.left, window.innerWidth - width - GAP);
    this.node.style.top = `${top}px`;
    this.node.style.left = `${Math.max(GAP, left)}px`;
    this.node.style.maxHeight = `${Math.max(120, window.innerHeight - top - GAP)}px`;
  }

  /** Take the box away; the focus returns to the anchor unless it went elsewhere. */
  close(refocus = true): void {
    const { node, anchor } = this;
    this.node = this.anchor = null;
    document.removeEventListener('pointerdown', this.onPointer, true);
    document.removeEventListener('scroll', this.onScroll, true);
    window.removeEventListener('resize', this.onScroll);
    node?.remove();
    anchor?.removeAttribute('aria-expanded');
    if (refocus) {
      anchor?.focus({ preventScroll: true });
    }
  }

  private onPointer = (event: Event) => {
    if (!this.node?.contains(event.target as Node)) {
      this.close(false);
    }
  };

  private onScroll = (event: Event) => {
    if (this.node?.contains(event.target as Node)) {
      return;
    }
    const { top, bottom } = this.anchor!.getBoundingClientRect();
    if (this.anchor!.isConnected && bottom > 0 && top < window.innerHeight) {
      this.place();
    } else {
      this.close(false);
    }
  };

  private node: HTMLElement | null = null;
  private anchor: HTMLElement | null = null;
}
