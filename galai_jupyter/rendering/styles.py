"""No input; the inline styles of our HTML: neutral greys and inherited colours, for any theme.

Only properties and values that JupyterLab's sanitizer lets through in untrusted notebooks.
Nothing needs them to be understood.
"""

ROOT = "overflow-wrap:break-word"
BADGE = "font-size:80%;padding:0 3px;border:1px solid rgba(127,127,127,0.6);border-radius:4px"
IMAGE = BADGE + ";border-style:dashed"
CODE = "padding:1px 3px;background-color:rgba(127,127,127,0.12);white-space:pre-wrap"
CODE_BLOCK = (
    "overflow-x:auto;padding:8px 10px;border-radius:4px;"
    "border:1px solid rgba(127,127,127,0.3);background-color:rgba(127,127,127,0.08)"
)
GROUP = "margin-right:6px"
WORK = (
    "margin:8px 0;padding:4px 12px;border:1px solid rgba(127,127,127,0.35);"
    "border-left:4px solid rgba(127,127,127,0.6);border-radius:4px"
)
SEAM = "font-weight:bold;padding:0 3px;border-radius:3px;background-color:rgba(127,127,127,0.25)"
DISPLAY = "display:block;overflow-x:auto;overflow-y:hidden;padding:2px 0"
LONG_FORMULA = "display:inline-block;max-width:100%;overflow-x:auto;overflow-y:hidden"
TABLE_FORMULA = "display:inline-block"
TABLE_FRAME = "overflow-x:auto"
TABLE = "border-collapse:collapse"
CELL = "border:1px solid rgba(127,127,127,0.4);padding:3px 8px;vertical-align:top"
DIFFERENCES = CODE_BLOCK + ";white-space:pre-wrap;margin:8px 0"
REMOVED = "background-color:rgba(255,80,80,0.25)"
ADDED = "background-color:rgba(60,180,80,0.25)"
QUOTE = "margin:8px 0;padding:0 12px;border-left:3px solid rgba(127,127,127,0.5)"
FOOTER = "font-size:85%;margin-top:8px;padding-top:3px;border-top:1px solid rgba(127,127,127,0.35)"
NOTICE = "font-size:90%;margin:4px 0;padding:2px 8px;border-left:3px solid rgba(127,127,127,0.7)"
ALTERNATIVE = (
    "display:inline-block;vertical-align:top;min-width:260px;max-width:100%;"
    "box-sizing:border-box;margin:0 8px 8px 0;padding:2px 10px;"
    "border:1px solid rgba(127,127,127,0.35);border-radius:4px"
)
TOKENS = "font-family:monospace;line-height:2.1"
TOKEN = (
    "display:inline-block;padding:0 2px;margin:1px;border-radius:3px;line-height:1.4;"
    "border:1px solid rgba(127,127,127,0.5)"
)
CUE = "font-size:75%"
