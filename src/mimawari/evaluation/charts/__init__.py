"""Charts of the console and of reports: laid out here, drawn as SVG, coloured by style sheets."""
