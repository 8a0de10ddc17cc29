/**
 * What is added to the configuration of JupyterLab's builder: styles without comments and spaces.
 *
 * The builder gives `.raw.css` to scripts as text, so that no loader for styles is bundled.
 */

module.exports = {
  module: {
    rules: [
      {
        test: /\.raw\.css$/,
        loader: 'builtin:lightningcss-loader',
        options: {
          minify: true,
          targets: 'chrome 111, firefox 113, safari 16.4'
        }
      }
    ]
  }
};
