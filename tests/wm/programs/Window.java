import java.awt.*;
import java.io.*;
import javax.swing.*;

/* A Swing window that does what its input says and tells what it believes about itself. */
public class Window {
    static String at(JFrame f) {
        Insets i = f.getInsets();
        Rectangle b = f.getBounds();
        Point p = f.getContentPane().getLocationOnScreen();
        return i.top + "," + i.left + "," + i.bottom + "," + i.right + " " + b.x + "," + b.y + "," + b.width + "," + b.height + " " + p.x + "," + p.y;
    }

    static void act(JFrame f, String word) {
        switch (word) {
        case "show": f.setVisible(true); break;
        case "maximise": f.setExtendedState(Frame.MAXIMIZED_BOTH); break;
        case "restore": f.setExtendedState(Frame.NORMAL); break;
        case "move": f.setLocation(300, 200); break;
        case "dialog": new JDialog(f, "Swing dialog").setVisible(true); break;
        }
    }

    public static void main(String[] args) throws Exception {
        JFrame f = new JFrame("Swing");
        f.setBounds(100, 80, 400, 300);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line; (line = in.readLine()) != null;) {
            String word = line;
            EventQueue.invokeAndWait(() -> act(f, word));
            EventQueue.invokeAndWait(() -> System.out.println(f.isShowing() ? at(f) : "hidden"));
            System.out.flush();
        }
        System.exit(0);
    }
}
