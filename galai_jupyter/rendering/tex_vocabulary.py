"""No input; the TeX vocabulary that both MathJax 2.7 and MathJax 3 typeset, without side effects.

What is not here is not typeset. Names only: what they need around them is checked in `tex`.
"""

from __future__ import annotations

from collections.abc import Mapping


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SYMBOLS = (
    _words(
        """
    aleph alpha amalg And angle approx approxeq Arrowvert arrowvert ast asymp backepsilon
    backprime backsim backsimeq backslash barwedge Bbbk because beta beth between bigcirc
    bigstar bigtriangledown bigtriangleup blacklozenge blacksquare blacktriangle
    blacktriangledown blacktriangleleft blacktriangleright bot bowtie Box boxdot boxminus
    boxplus boxtimes bracevert bullet Bumpeq bumpeq Cap cap cdot cdotp cdots centerdot
    checkmark chi circ circeq circlearrowleft circlearrowright circledast circledcirc
    circleddash circledR circledS clubsuit colon complement cong Cup cup curlyeqprec
    curlyeqsucc curlyvee curlywedge curvearrowleft curvearrowright dagger daleth
    dashleftarrow dashrightarrow dashv ddagger ddots Delta delta diagdown diagup Diamond
    diamond diamondsuit digamma div divideontimes Doteq doteq doteqdot dotplus dotsb dotsc
    dotsi dotsm dotso doublebarwedge doublecap doublecup Downarrow downarrow downdownarrows
    downharpoonleft downharpoonright ell emptyset epsilon eqcirc eqsim eqslantgtr
    eqslantless equiv eta eth exists fallingdotseq Finv flat forall frown Game Gamma gamma
    ge geq geqq geqslant gets gg ggg gggtr gimel gnapprox gneq gneqq gnsim gtrapprox gtrdot
    gtreqless gtreqqless gtrless gtrsim gvertneqq hbar heartsuit hookleftarrow
    hookrightarrow hslash Im imath in infty intercal iota jmath Join kappa Lambda lambda
    land langle lbrace lbrack lceil ldotp ldots le leadsto Leftarrow leftarrow leftarrowtail
    leftharpoondown leftharpoonup leftleftarrows Leftrightarrow leftrightarrow
    leftrightarrows leftrightharpoons leftrightsquigarrow leftthreetimes leq leqq leqslant
    lessapprox lessdot lesseqgtr lesseqqgtr lessgtr lesssim lfloor lgroup lhd ll Lleftarrow
    lll llless lmoustache lnapprox lneq lneqq lnot lnsim Longleftarrow longleftarrow
    Longleftrightarrow longleftrightarrow longmapsto Longrightarrow longrightarrow
    looparrowleft looparrowright lor lozenge Lsh ltimes lvertneqq maltese mapsto
    measuredangle mho mid models mp mu multimap nabla natural ncong ne nearrow neg neq
    nexists ngeq ngeqq ngeqslant ngtr ni nLeftarrow nleftarrow nLeftrightarrow
    nleftrightarrow nleq nleqq nleqslant nless nmid notin nparallel nprec npreceq
    nRightarrow nrightarrow nshortmid nshortparallel nsim nsubseteq nsubseteqq nsucc nsucceq
    nsupseteq nsupseteqq ntriangleleft ntrianglelefteq ntriangleright ntrianglerighteq nu
    nVDash nVdash nvDash nvdash nwarrow odot Omega omega omicron ominus oplus oslash otimes
    owns parallel partial perp Phi phi Pi pi pitchfork pm prec precapprox preccurlyeq preceq
    precnapprox precneqq precnsim precsim prime propto Psi psi rangle rbrace rbrack rceil Re
    restriction rfloor rgroup rhd rho Rightarrow rightarrow rightarrowtail rightharpoondown
    rightharpoonup rightleftarrows rightleftharpoons rightrightarrows rightsquigarrow
    rightthreetimes risingdotseq rmoustache Rrightarrow Rsh rtimes S searrow setminus sharp
    shortmid shortparallel Sigma sigma sim simeq smallfrown smallsetminus smallsmile smile
    spadesuit sphericalangle sqcap sqcup sqsubset sqsubseteq sqsupset sqsupseteq square star
    Subset subset subseteq subseteqq subsetneq subsetneqq succ succapprox succcurlyeq succeq
    succnapprox succneqq succnsim succsim Supset supset supseteq supseteqq supsetneq
    supsetneqq surd swarrow tau therefore Theta theta thickapprox thicksim times to top
    triangle triangledown triangleleft trianglelefteq triangleq triangleright
    trianglerighteq twoheadleftarrow twoheadrightarrow unlhd unrhd Uparrow uparrow
    Updownarrow updownarrow upharpoonleft upharpoonright uplus Upsilon upsilon upuparrows
    varDelta varepsilon varGamma varkappa varLambda varnothing varOmega varPhi varphi varPi
    varpi varpropto varPsi varrho varSigma varsigma varsubsetneq varsubsetneqq varsupsetneq
    varsupsetneqq varTheta vartheta vartriangle vartriangleleft vartriangleright varUpsilon
    varXi Vdash vDash vdash vdots vee veebar Vert vert Vvdash wedge wp wr Xi xi yen zeta
    lt gt lvert rvert lVert rVert ulcorner urcorner llcorner lrcorner not surd
    iff implies impliedby bmod quad qquad enspace thinspace space nobreakspace
    negthinspace negmedspace negthickspace strut mathstrut TeX LaTeX
    """
    )
    | _words(r", : ; ! > | { } $ % & # _")
    | {" ", "\n"}
)
"""Commands that stand alone."""

OPERATORS = _words(
    """
    sum prod coprod bigcap bigcup bigodot bigoplus bigotimes bigsqcup biguplus bigvee bigwedge
    int iint iiint iiiint idotsint oint intop smallint det gcd inf lim liminf limsup max min Pr
    sup injlim projlim varliminf varlimsup varinjlim varprojlim
    """
)
r"""Commands that stand alone and that ``\limits`` may follow."""

FUNCTIONS = _words(
    """
    arcsin arccos arctan arg cos cosh cot coth csc deg dim exp hom ker lg ln log sec sin sinh
    tan tanh dots nonumber notag
    """
)
"""Commands that stand alone, but not as a script."""

SWITCHES = _words(
    """
    displaystyle textstyle scriptstyle scriptscriptstyle rm mit cal it bf scr frak sf tt
    tiny scriptsize small normalsize large Large
    """
)
"""Commands that change what follows in their group."""

NO_SCRIPTS = (
    SWITCHES
    | FUNCTIONS
    | _words("varliminf varlimsup varinjlim varprojlim limits nolimits hline not \\")
)
"""Commands that cannot be a script or argument without braces."""

INFIX = _words("over atop choose brace brack")
"""Commands that divide their group; one a group."""

NEGATIVE_SPACES = _words("! negthinspace negmedspace negthickspace")
"""Commands that move to the left."""

DELIMITERS = _words("( ) [ ] / | . < >") | frozenset(
    "\\" + name
    for name in _words(r"""
    { } | lbrace rbrace lbrack rbrack langle rangle lt gt vert Vert lvert rvert lVert rVert
    lfloor rfloor lceil rceil lgroup rgroup lmoustache rmoustache arrowvert Arrowvert
    bracevert backslash uparrow downarrow updownarrow Uparrow Downarrow Updownarrow ulcorner
    urcorner llcorner lrcorner
    """)
)
r"""What may follow ``\left``, ``\right``, ``\middle`` and the ``\big`` family."""

_ONE_ARGUMENT = """
    mathrm mathbf mathit mathsf mathtt mathcal mathscr mathfrak mathbb Bbb boldsymbol pmb
    acute grave ddot tilde bar breve check hat vec dot dddot ddddot mathring widetilde widehat
    overline underline overbrace underbrace overparen underparen overrightarrow
    underrightarrow overleftarrow underleftarrow overleftrightarrow underleftrightarrow
    phantom vphantom hphantom boxed substack mathord mathop mathopen mathclose mathbin mathrel
    mathpunct mathinner operatorname pmod mod pod cancel bcancel xcancel
    """
_TWO_ARGUMENTS = "frac dfrac tfrac binom dbinom tbinom overset underset stackrel"
_TEXT_ARGUMENT = "text textrm textbf textit textsf texttt mbox hbox"
_BIG = "big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm biggm Biggm"

SIGNATURES: Mapping[str, str] = (
    dict.fromkeys(_ONE_ARGUMENT.split(), "m")
    | dict.fromkeys(_TWO_ARGUMENTS.split(), "mm")
    | dict.fromkeys(_TEXT_ARGUMENT.split(), "t")
    | dict.fromkeys(_BIG.split(), "D")
    | {"sqrt": "om", "cfrac": "amm", "xrightarrow": "om", "xleftarrow": "om", "sideset": "mmm"}
    | {"hspace": "d", "mspace": "d", "ce": "c", "tag": "t"}
)
"""Arguments by command.

m is maths, o optional maths, a an optional alignment, t text, d a length, D a delimiter, c
chemistry.
"""

OPERATOR_ARGUMENTS = _words("mathop operatorname overbrace underbrace")
r"""Commands with arguments that ``\limits`` may follow."""

EXTENSIONS: Mapping[str, str] = {"ce": "mhchem"} | dict.fromkeys(
    ("cancel", "bcancel", "xcancel"), "cancel"
)
"""The MathJax extension that a command lives in; MathJax loads it itself."""

_ALIGNED = """
    matrix pmatrix bmatrix Bmatrix vmatrix Vmatrix smallmatrix cases array subarray aligned
    alignedat split align align* alignat alignat* eqnarray eqnarray*
    """
_PLAIN = "gathered gather gather* multline multline* equation equation*"

ENVIRONMENTS: Mapping[str, bool] = dict.fromkeys(_ALIGNED.split(), True) | dict.fromkeys(
    _PLAIN.split(), False
)
"""Environments, and whether ``&`` separates cells in them."""

ENVIRONMENT_SIGNATURES: Mapping[str, str] = (
    dict.fromkeys(("array", "subarray"), "pC")
    | dict.fromkeys(("aligned", "gathered"), "p")
    | {"alignat": "n", "alignat*": "n", "alignedat": "pn"}
)
"""Arguments by environment: p optional position, C columns, n number."""

OUTER_ENVIRONMENTS = _words(
    """
    align align* alignat alignat* gather gather* multline multline* eqnarray eqnarray*
    equation equation*
    """
)
"""Environments that are displays of their own; one a formula."""

ALIASES: Mapping[str, str] = {
    "bm": "boldsymbol",
    "mathbbm": "mathbb",
    "mathds": "mathbb",
    "textup": "textrm",
    "textnormal": "textrm",
    "coloneqq": "mathrel{:=}",
    "R": "mathbb{R}",
    "medspace": ":",
    "thickspace": ";",
}
"""Common commands of LaTeX packages that MathJax lacks, by what it has."""

ENVIRONMENT_ALIASES: Mapping[str, str] = {
    "flalign": "align",
    "flalign*": "align*",
    "dcases": "cases",
}
"""The same for environments."""
