/** Nothing in; the panel's icon, a spiral galaxy in the colour of JupyterLab's own, out. */

import { LabIcon } from '@jupyterlab/ui-components';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="none" stroke="#616161" stroke-width="2" stroke-linecap="round">
    <path class="jp-icon3 jp-icon-selectable" fill="none" d="M12 8c4 0 6 2 6 5 0 4-4 7-8 7-3 0-6-2-7-5"/>
    <path class="jp-icon3 jp-icon-selectable" fill="none" d="M12 16c-4 0-6-2-6-5 0-4 4-7 8-7 3 0 6 2 7 5"/>
  </g>
  <circle class="jp-icon3 jp-icon-selectable" cx="12" cy="12" r="2" fill="#616161"/>
</svg>`;

export const panelIcon = new LabIcon({ name: 'galai:panel', svgstr: SVG });
