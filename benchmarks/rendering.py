"""No input; the time that `to_html` takes, as a ratio to Python-Markdown's on the same texts.

Run it with ``python benchmarks/rendering.py``; it needs ``pip install markdown``. Both take turns
in one process, and the best of several rounds counts, so that other load matters little.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

from galai_jupyter.rendering import to_html

ROUNDS = 15

PROSE = """# Image denoising

 Image denoising is the process of removing *noise* from an image, and it is an important task in
the field of image processing. It is a classic ill-posed problem, and its **purpose** is to
reconstruct the original image from the degraded one [see here](https://example.org/a).

## Methods

* Total variation
* Wavelet frames
  + and beyond

1. First
2. Second
"""

MATHS = r"""The loss \(L_{i}^{*} = a_i * b_j * c_k\) and \(x_1\), \(x_2\) hold; also $\hat{y}_*$.

\[
f(Q, K, V) = \textrm{softmax}\left(\frac{QK^T}{\sqrt{d_k}}\right)V
\]

\begin{align}
a_1 &= b_1 * c_1 \\
d_1 &= e_1 * f_1
\end{align}

| Norm | Value |
|---|---|
| \(|x_1|\) | $\frac{1}{2}$ |
"""

TOKENS = """Steroids are produced in the adrenal cortex.[START_REF] Mechanisms of Action in Health
and Disease, R[END_REF] It is 10[START_SUP]-3[END_SUP] mol.

<work>
```python
answer = 2 + 2
with open("output.txt", "w") as file:
    file.write(str(answer))
```

<<run: "add.py">>
</work>

[START_I_SMILES]C[N+](C)(C)CC(=O)[O-][END_I_SMILES] costs $1.10, not $2.25.

"""

TEXTS = {
    "prose, 10 kB": PROSE * 17,
    "maths, 10 kB": MATHS * 25,
    "special tokens, 10 kB": TOKENS * 23,
    "all three, 30 kB": (PROSE + "\n" + MATHS + "\n" + TOKENS) * 23,
    "one answer, 1.3 kB": PROSE + "\n" + MATHS + "\n" + TOKENS,
}


def python_markdown() -> Callable[[str], str]:
    """Return Python-Markdown's conversion with tables and fenced code."""
    try:
        import markdown
    except ImportError:
        sys.exit("This benchmark compares with Python-Markdown: pip install markdown")
    converter = markdown.Markdown(extensions=["tables", "fenced_code"])
    return lambda text: converter.reset().convert(text)


def best_times(functions: list[Callable[[str], str]], text: str) -> list[float]:
    """Return the shortest time that each function took, in seconds."""
    best = [float("inf")] * len(functions)
    for _ in range(ROUNDS):
        for index, function in enumerate(functions):
            start = time.perf_counter()
            function(text)
            best[index] = min(best[index], time.perf_counter() - start)
    return best


def main() -> None:
    """Print one line a text."""
    functions = [to_html, python_markdown()]
    print(f"{'text':<24}{'to_html':>10}{'Markdown':>12}{'ratio':>8}")
    for name, text in TEXTS.items():
        ours, theirs = best_times(functions, text)
        print(f"{name:<24}{ours * 1000:>7.1f} ms{theirs * 1000:>9.1f} ms{ours / theirs:>8.2f}")


if __name__ == "__main__":
    main()
